//! Text into stages of words: quotes, escapes, variables and nested code of both dialects.

use super::Dialect;
use crate::limits;

/// One command between pipes and separators.
#[derive(Debug, Default)]
pub struct Stage {
    /// Its words.
    pub words: Vec<Word>,
    /// Files that its output goes to.
    pub redirects: Vec<Redirect>,
    /// The variable its output is assigned to.
    pub assigns: Option<String>,
    /// Its input is the output of the stage before.
    pub piped: bool,
    /// Named by the call operator, so that a quoted word is a command.
    pub called: bool,
    /// Byte range.
    pub span: (usize, usize),
}

/// `>` or `>>` with its file.
#[derive(Debug)]
pub struct Redirect {
    /// The file.
    pub path: Word,
    /// `>>`.
    pub append: bool,
}

/// A word.
#[derive(Debug, Default)]
pub struct Word {
    /// Its parts.
    pub parts: Vec<Part>,
    /// It began with a quote.
    pub quoted: bool,
    /// Byte range.
    pub span: (usize, usize),
}

/// A part of a word.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// Text.
    Text(String),
    /// A variable, lower case, without its sigil.
    Variable(String),
    /// Nested code: its byte range, and whether it is a table of names and values.
    Code((usize, usize), bool),
    /// A call of a method: its name, lower case, and the byte range of its arguments.
    Call(String, (usize, usize)),
}

/// Why text cannot be read.
pub type Unreadable = &'static str;

/// Reads the range of `text`. `table`: it stands in `@{ … }`, where names are assigned to.
pub fn stages(
    text: &str,
    range: (usize, usize),
    dialect: Dialect,
    table: bool,
) -> Result<Vec<Stage>, Unreadable> {
    let mut lexer = Lexer {
        text,
        at: range.0,
        end: range.1,
        dialect,
        table,
        stages: Vec::new(),
        stage: Stage::default(),
        word: None,
        redirect: None,
    };
    while let Some(c) = lexer.peek() {
        lexer.step(c)?;
    }
    lexer.end_stage(false);
    Ok(lexer.stages)
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    end: usize,
    dialect: Dialect,
    table: bool,
    stages: Vec<Stage>,
    stage: Stage,
    word: Option<Word>,
    /// The next word is the file of a redirection: whether it appends.
    redirect: Option<bool>,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes).min(self.end);
    }

    fn step(&mut self, c: char) -> Result<(), Unreadable> {
        let power = self.dialect == Dialect::PowerShell;
        let fresh = self.word.is_none();
        match c {
            '\n' | '\r' => self.separate(1),
            ';' if power => self.separate(1),
            ';' | ',' | ' ' | '\t' | '\u{a0}' => {
                self.end_word();
                self.skip(c.len_utf8());
            }
            '|' if self.rest().starts_with("||") => self.separate(2),
            '|' => {
                self.end_stage(true);
                self.skip(1);
            }
            '&' if self.rest().starts_with("&&") => self.separate(2),
            '&' if power && fresh && self.stage.words.is_empty() => {
                self.stage.called = true;
                self.skip(1);
            }
            '&' => self.separate(1),
            '>' => self.redirection(),
            '<' if power && self.rest().starts_with("<#") => {
                let length = self
                    .rest()
                    .find("#>")
                    .ok_or("a comment that does not end")?;
                self.skip(length.saturating_add(2));
            }
            '<' if !power => {
                self.end_word();
                self.skip(1);
            }
            '#' if power && fresh => {
                let length = self.rest().find('\n').unwrap_or(self.rest().len());
                self.skip(length);
            }
            '`' if power => self.escape(),
            '^' if !power => self.escape(),
            '\'' if power => self.single()?,
            '"' => self.double()?,
            '$' if power => self.dollar()?,
            '%' | '!' if !power => self.percent(c),
            '@' if power && self.rest().starts_with("@'") => self.here("'@")?,
            '@' if power && self.rest().starts_with("@\"") => self.here("\"@")?,
            '@' if power && self.after_is(['(', '{']) => {
                let table = self.rest().starts_with("@{");
                self.skip(1);
                self.group(table)?;
            }
            '@' if !power && fresh && self.stage.words.is_empty() => self.skip(1),
            '(' if power => self.parenthesis()?,
            '{' if power => self.group(false)?,
            ')' | '}' if power => return Err("brackets that do not match"),
            '(' | ')' if !power => self.separate(1),
            '=' if power && self.begins_assignment() => self.assignment(),
            _ => {
                self.push(c.encode_utf8(&mut [0; 4]));
                self.skip(c.len_utf8());
            }
        }
        Ok(())
    }

    fn after_is(&self, chars: [char; 2]) -> bool {
        self.rest()
            .chars()
            .nth(1)
            .is_some_and(|c| chars.contains(&c))
    }

    fn separate(&mut self, bytes: usize) {
        self.end_stage(false);
        self.skip(bytes);
    }

    /// The word being read, begun when there is none.
    fn word(&mut self) -> &mut Word {
        let at = self.at;
        self.word.get_or_insert_with(|| Word {
            span: (at, at),
            ..Word::default()
        })
    }

    fn push(&mut self, more: &str) {
        let word = self.word();
        if let Some(Part::Text(text)) = word.parts.last_mut() {
            text.push_str(more);
        } else {
            word.parts.push(Part::Text(more.to_owned()));
        }
    }

    fn end_word(&mut self) {
        let Some(mut word) = self.word.take() else {
            return;
        };
        word.span.1 = self.at;
        if let Some(append) = self.redirect.take() {
            self.stage.redirects.push(Redirect { path: word, append });
        } else {
            if self.stage.words.is_empty() {
                self.stage.span.0 = word.span.0;
            }
            self.stage.words.push(word);
        }
    }

    fn end_stage(&mut self, pipes: bool) {
        self.end_word();
        self.stage.span.1 = self.at;
        let next = Stage {
            piped: pipes,
            span: (self.at, self.at),
            ..Stage::default()
        };
        let stage = std::mem::replace(&mut self.stage, next);
        if !stage.words.is_empty() || !stage.redirects.is_empty() || stage.assigns.is_some() {
            self.stages.push(stage);
        }
    }

    /// `>`, `>>`, `2>`, `*>&1`.
    fn redirection(&mut self) {
        let descriptor = self.word.as_ref().is_some_and(|word| {
            matches!(word.parts.as_slice(), [Part::Text(text)]
                if text == "*" || (text.len() == 1 && text.chars().all(|c| c.is_ascii_digit())))
        });
        if descriptor {
            self.word = None;
        } else {
            self.end_word();
        }
        let append = self.rest().starts_with(">>");
        self.skip(if append { 2 } else { 1 });
        if self.rest().starts_with('&') {
            self.skip(2);
        } else {
            self.redirect = Some(append);
        }
    }

    fn escape(&mut self) {
        self.skip(1);
        let Some(c) = self.peek() else { return };
        self.skip(c.len_utf8());
        match c {
            '\n' | '\r' => self.end_word(),
            'n' if self.dialect == Dialect::PowerShell => self.push("\n"),
            't' if self.dialect == Dialect::PowerShell => self.push("\t"),
            c => self.push(c.encode_utf8(&mut [0; 4])),
        }
    }

    fn single(&mut self) -> Result<(), Unreadable> {
        self.begin_quote();
        loop {
            let length = self.rest().find('\'').ok_or("a quote that does not end")?;
            let inside = self.rest().get(..length).unwrap_or_default();
            self.push(inside);
            self.skip(length.saturating_add(1));
            if !self.rest().starts_with('\'') {
                return Ok(());
            }
            self.push("'");
            self.skip(1);
        }
    }

    fn begin_quote(&mut self) {
        let fresh = self.word.is_none();
        self.push("");
        if fresh {
            self.word().quoted = true;
        }
        self.skip(1);
    }

    fn double(&mut self) -> Result<(), Unreadable> {
        self.begin_quote();
        loop {
            let c = self.peek().ok_or("a quote that does not end")?;
            match c {
                '"' if self.rest().starts_with("\"\"") && self.dialect == Dialect::PowerShell => {
                    self.push("\"");
                    self.skip(2);
                }
                '"' => {
                    self.skip(1);
                    return Ok(());
                }
                '`' if self.dialect == Dialect::PowerShell => self.escape(),
                '$' if self.dialect == Dialect::PowerShell => self.dollar()?,
                '%' if self.dialect == Dialect::Cmd => self.percent(c),
                c => {
                    self.push(c.encode_utf8(&mut [0; 4]));
                    self.skip(c.len_utf8());
                }
            }
        }
    }

    /// `@'` or `@"` up to a line that begins with `close`.
    fn here(&mut self, close: &str) -> Result<(), Unreadable> {
        self.begin_quote();
        self.skip(1);
        let end = format!("\n{close}");
        let length = self.rest().find(&end).ok_or("a text that does not end")?;
        let inside = self.rest().get(..length).unwrap_or_default();
        if close.starts_with('"') && inside.contains('$') {
            let word = self.word();
            word.parts.push(Part::Variable(String::new()));
        }
        self.push(inside.trim_start_matches(['\r', '\n']));
        self.skip(length.saturating_add(end.len()));
        Ok(())
    }

    fn dollar(&mut self) -> Result<(), Unreadable> {
        let rest = self.rest().get(1..).unwrap_or_default();
        if rest.starts_with('(') {
            self.word();
            self.skip(1);
            return self.group(false);
        }
        let (name, used) = match rest.strip_prefix('{') {
            Some(inside) => {
                let length = inside.find('}').ok_or("brackets that do not match")?;
                (
                    inside.get(..length).unwrap_or_default(),
                    length.saturating_add(2),
                )
            }
            None => {
                let scoped =
                    |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '?' | '^' | '$');
                let length = rest.find(|c| !scoped(c)).unwrap_or(rest.len());
                (rest.get(..length).unwrap_or_default(), length)
            }
        };
        let name = name.trim_end_matches(':').to_lowercase();
        if name.is_empty() {
            self.push("$");
        } else {
            let word = self.word();
            word.parts.push(Part::Variable(name));
        }
        self.skip(used.saturating_add(1));
        Ok(())
    }

    /// `%NAME%`, `%1`, `%%i`, `!NAME!`.
    fn percent(&mut self, mark: char) {
        let rest = self.rest().get(1..).unwrap_or_default();
        let length = rest
            .find(|c: char| {
                !(c.is_alphanumeric() || matches!(c, '_' | '~' | ':' | '*' | '(' | ')'))
            })
            .unwrap_or(rest.len());
        let closed = rest
            .get(length..)
            .is_some_and(|after| after.starts_with(mark));
        if mark == '!' && !closed {
            self.push("!");
            return self.skip(1);
        }
        let name = rest.get(..length).unwrap_or_default().to_lowercase();
        self.word()
            .parts
            .push(Part::Variable(format!("env:{name}")));
        let used = length.saturating_add(if closed { 2 } else { 1 });
        self.skip(used);
    }

    /// A group, or the arguments of a method.
    fn parenthesis(&mut self) -> Result<(), Unreadable> {
        match self.method() {
            Some(name) => {
                let inside = self.inside()?;
                self.word().parts.push(Part::Call(name, inside));
                Ok(())
            }
            None => self.group(false),
        }
    }

    /// The method whose arguments begin here, when the word so far names one.
    fn method(&self) -> Option<String> {
        let word = self.word.as_ref()?;
        let Some(Part::Text(text)) = word.parts.last() else {
            return None;
        };
        let text = text.to_lowercase();
        if let Some((kind, name)) = text.rsplit_once("]::") {
            let kind = kind.trim_start_matches('[');
            let kind = kind.strip_prefix("system.").unwrap_or(kind);
            return Some(format!("[{kind}]::{name}"));
        }
        let (_, name) = text.rsplit_once('.')?;
        let named = !name.is_empty() && name.chars().all(char::is_alphanumeric);
        (named && word.parts.len() > 1).then(|| format!(".{name}"))
    }

    fn group(&mut self, table: bool) -> Result<(), Unreadable> {
        let inside = self.inside()?;
        self.word().parts.push(Part::Code(inside, table));
        Ok(())
    }

    /// From a bracket to after the one that closes it; returns the range in between.
    fn inside(&mut self) -> Result<(usize, usize), Unreadable> {
        self.word();
        let start = self.at.saturating_add(1);
        let mut depth = 0_usize;
        let mut quote = None;
        let mut escaped = false;
        let rest = self.rest();
        for (offset, c) in rest.char_indices() {
            match (quote, c) {
                _ if escaped => escaped = false,
                (None | Some('"'), '`') => escaped = true,
                (Some(open), c) if open == c => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => quote = Some(c),
                (None, '(' | '{') => depth = depth.saturating_add(1),
                (None, ')' | '}') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        let end = self.at.saturating_add(offset);
                        self.skip(offset.saturating_add(1));
                        return Ok((start, end));
                    }
                }
                _ => {}
            }
            if depth > limits::SHELL_DEPTH {
                return Err("code that is nested too deep");
            }
        }
        Err("brackets that do not match")
    }

    /// Whether what stands before a `=` is assigned to.
    fn begins_assignment(&self) -> bool {
        let variable = |word: &Word| {
            matches!(word.parts.first(), Some(Part::Variable(_)))
                || (self.table && !word.parts.is_empty())
        };
        match (self.stage.words.as_slice(), &self.word) {
            ([], Some(word)) | ([word], None) => variable(word),
            ([word, ..], _) => word.is_type() && self.stage.assigns.is_none(),
            _ => false,
        }
    }

    fn assignment(&mut self) {
        self.end_word();
        let words = std::mem::take(&mut self.stage.words);
        let name = words
            .iter()
            .flat_map(|word| &word.parts)
            .find_map(|part| match part {
                Part::Variable(name) => Some(name.clone()),
                _ => None,
            });
        self.stage.assigns = Some(name.unwrap_or_default());
        self.skip(1);
    }
}

impl Word {
    /// `[type]`.
    fn is_type(&self) -> bool {
        matches!(self.parts.first(), Some(Part::Text(text)) if text.starts_with('['))
    }

    /// Whether a statement that begins with it is an expression and runs no command itself.
    pub fn is_expression(&self) -> bool {
        self.quoted
            || match self.parts.first() {
                Some(Part::Text(text)) => text.starts_with(|c: char| {
                    c.is_ascii_digit() || matches!(c, '[' | '+' | '!' | ',')
                }),
                Some(Part::Variable(_) | Part::Code(..) | Part::Call(..)) => true,
                None => false,
            }
    }
}
