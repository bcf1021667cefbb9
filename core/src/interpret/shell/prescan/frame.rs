//! Unquoted shell text: command position, comments, `case` patterns, heredocs.

use std::cmp::Ordering;

use super::{HeredocText, Kind, Refusal, Scanner, offset};
use crate::limits;

/// Words with which the parser begins something that nests.
const NESTING_WORDS: [&[u8]; 10] = [
    b"if",
    b"while",
    b"until",
    b"for",
    b"select",
    b"case",
    b"{",
    b"[[",
    b"time",
    b"function",
];
/// Most `{` in one word; the parser takes quadratic time on more.
const WORD_BRACES: usize = 32;
/// Most `{` in a text; the parser takes each word that holds one apart.
const BRACES: usize = 512;
/// Most `(…)` joined in one word: `a(b)c(d)`, and most right behind other groups: `(a)(b){ c; }(d)`; the
/// parser takes quadratic time on more.
const WORD_GROUPS: usize = 16;

/// Where a `case` stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    /// Before its subject.
    Subject,
    /// Between subject and `in`.
    In,
    /// Before or in a pattern; `true` until the pattern's first word.
    Pattern(bool),
    /// In the commands of a pattern.
    Body,
}

/// A heredoc announced on the current line.
struct Pending {
    operator: usize,
    delimiter: Vec<u8>,
    expands: bool,
    strip_tabs: bool,
}

/// What is known of the text read so far in one stretch of unquoted text.
struct Frame {
    /// Reserved words count here: not inside arrays, patterns and `[[ ( … ) ]]`.
    keywords: bool,
    /// The next word may be a reserved word.
    command: bool,
    /// Start of the current word.
    word: Option<usize>,
    /// Range of the word that ended last, since the last separator between commands.
    last_word: Option<(usize, usize)>,
    /// How many of `!` and `time` stand in front of the command.
    prefixes: usize,
    /// Words of the command that are spelled like reserved words, each counted twice: behind a
    /// redirection or an assignment the parser takes them for that.
    stray: usize,
    /// The current word is no reserved word, whatever it spells.
    quiet: bool,
    /// The word after this one is in command position (`function name {`).
    naming: bool,
    /// `for` was the last word.
    after_for: bool,
    test: bool,
    /// The last word closed a `[[`.
    tested: bool,
    braces: usize,
    brace_depth: usize,
    bracket_depth: usize,
    opened: usize,
    /// Where the last `(` that is joined to a word stands, and how many are in that word.
    joined: (usize, usize),
    /// Where the last `(…)` that holds commands ended.
    closed: Option<usize>,
    cases: Vec<Case>,
    pending: Vec<Pending>,
}

impl Scanner<'_> {
    pub(super) fn script(&mut self) -> Result<(), Refusal> {
        self.commands(0, self.bytes.len(), false, true).map(|_| ())
    }

    /// Reads unquoted text from `at` to the closing `)`, if `closed`, else to the end.
    pub(super) fn commands(
        &mut self,
        mut at: usize,
        end: usize,
        closed: bool,
        keywords: bool,
    ) -> Result<usize, Refusal> {
        let mut frame = Frame::new(keywords);
        while let Some(byte) = self.byte(at, end) {
            let next = at.saturating_add(1);
            let comment = byte == b'#' && frame.word.is_none();
            // A backslash before a line end joins the lines and starts no word.
            let begins_nothing = comment || (byte == b'\\' && self.byte(next, end) == Some(b'\n'));
            if is_separator(byte) {
                self.end_word(&mut frame, at)?;
            } else if !begins_nothing {
                frame.word.get_or_insert(at);
            }
            at = match byte {
                b'\\' => at.saturating_add(2),
                b'\'' => self.single(next, end)?,
                b'"' => self.double(next, end)?,
                b'$' => self.dollar(at, end, false)?,
                b'`' => self.backtick(at, end, false)?,
                b'#' if comment => self.comment(at, end),
                b'<' | b'>' => self.angle(&mut frame, byte, at, end)?,
                b'\n' => self.newline(&mut frame, next, end)?,
                b'&' | b'|' | b';' => {
                    frame.separate(byte, self.byte(next, end));
                    next
                }
                b'(' => self.parenthesis(&mut frame, at, end)?,
                b')' => match frame.cases.last_mut() {
                    Some(case @ Case::Pattern(_)) => {
                        *case = Case::Body;
                        frame.command = true;
                        self.count()?;
                        next
                    }
                    _ if closed && frame.pending.is_empty() => {
                        self.depth = self.depth.saturating_sub(frame.opened);
                        return Ok(next);
                    }
                    _ if closed => return Err(Refusal::Heredoc),
                    _ => return Err(Refusal::Unbalanced),
                },
                b'{' => {
                    frame.braces = frame.braces.saturating_add(1);
                    frame.brace_depth = frame.brace_depth.saturating_add(1);
                    self.braces = self.braces.saturating_add(1);
                    if frame.braces > WORD_BRACES || self.braces > BRACES {
                        return Err(Refusal::TooManyBraces);
                    }
                    self.check_depth(frame.brace_depth)?;
                    next
                }
                b'}' => {
                    frame.brace_depth = frame.brace_depth.saturating_sub(1);
                    next
                }
                b'[' => {
                    frame.bracket_depth = frame.bracket_depth.saturating_add(1);
                    next
                }
                b']' => {
                    frame.bracket_depth = frame.bracket_depth.saturating_sub(1);
                    next
                }
                _ => next,
            };
        }
        self.end_word(&mut frame, at)?;
        match (closed, frame.pending.is_empty()) {
            (true, _) => Err(Refusal::Unbalanced),
            (false, true) => Ok(at),
            (false, false) => Err(Refusal::Heredoc),
        }
    }

    fn comment(&self, mut at: usize, end: usize) -> usize {
        while self.byte(at, end).is_some_and(|byte| byte != b'\n') {
            at = at.saturating_add(1);
        }
        at
    }

    /// A redirection, heredoc or process substitution.
    fn angle(
        &mut self,
        frame: &mut Frame,
        byte: u8,
        at: usize,
        end: usize,
    ) -> Result<usize, Refusal> {
        self.count()?;
        let next = at.saturating_add(1);
        let third = at.saturating_add(2);
        match (byte, self.byte(next, end)) {
            (_, Some(b'(')) => {
                let kind = if byte == b'<' {
                    Kind::ProcessIn
                } else {
                    Kind::ProcessOut
                };
                // The substitution is part of a word, which `is_separator` has just ended.
                frame.word = Some(at);
                frame.command = false;
                let waiting = self.wait(frame);
                let after = self.substitution(kind, at, end)?;
                self.waiting = waiting;
                Ok(after)
            }
            (b'<', Some(b'<')) if self.byte(third, end) == Some(b'<') => Ok(at.saturating_add(3)),
            (b'<', Some(b'<')) if !frame.test => self.heredoc(frame, at, end),
            (_, Some(b'&' | b'|' | b'>')) => {
                frame.command = false;
                Ok(third)
            }
            _ => {
                frame.command = false;
                Ok(next)
            }
        }
    }

    fn heredoc(
        &mut self,
        frame: &mut Frame,
        operator: usize,
        end: usize,
    ) -> Result<usize, Refusal> {
        frame.command = false;
        let mut at = operator.saturating_add(2);
        let strip_tabs = self.byte(at, end) == Some(b'-');
        if strip_tabs {
            at = at.saturating_add(1);
        }
        while matches!(self.byte(at, end), Some(b' ' | b'\t')) {
            at = at.saturating_add(1);
        }
        let mut delimiter = Vec::new();
        let mut expands = true;
        let mut quote = None;
        while let Some(byte) = self.byte(at, end) {
            let next = at.saturating_add(1);
            match byte {
                _ if Some(byte) == quote => quote = None,
                b'$' | b'`' | b'\n' if quote.is_some() || byte != b'\n' => {
                    return Err(Refusal::Heredoc);
                }
                b'\'' | b'"' if quote.is_none() => {
                    quote = Some(byte);
                    expands = false;
                }
                b'\\' if quote.is_none() => {
                    expands = false;
                    delimiter.push(
                        self.byte(next, end)
                            .filter(|b| *b != b'\n')
                            .ok_or(Refusal::Heredoc)?,
                    );
                    at = next;
                }
                b'\\' => return Err(Refusal::Heredoc),
                _ if quote.is_none() && is_separator(byte) => break,
                _ => delimiter.push(byte),
            }
            at = at.saturating_add(1);
        }
        if quote.is_some() || (delimiter.is_empty() && expands) {
            return Err(Refusal::Heredoc);
        }
        frame.pending.push(Pending {
            operator,
            delimiter,
            expands,
            strip_tabs,
        });
        Ok(at)
    }

    /// A line end: the bodies of the line's heredocs follow.
    fn newline(&mut self, frame: &mut Frame, mut at: usize, end: usize) -> Result<usize, Refusal> {
        if self.waiting > 0 {
            return Err(Refusal::Heredoc);
        }
        self.piece()?;
        frame.separate(b'\n', None);
        for pending in std::mem::take(&mut frame.pending) {
            at = self.heredoc_body(&pending, at, end)?;
        }
        Ok(at)
    }

    fn heredoc_body(
        &mut self,
        pending: &Pending,
        start: usize,
        end: usize,
    ) -> Result<usize, Refusal> {
        let mut at = start;
        let mut continued = false;
        loop {
            if at >= end {
                return Err(Refusal::Heredoc);
            }
            let line_end = self.comment(at, end);
            let mut line = self.bytes.get(at..line_end).unwrap_or_default();
            if pending.strip_tabs {
                let tabs = line.iter().take_while(|byte| **byte == b'\t').count();
                line = line.get(tabs..).unwrap_or_default();
            }
            if line == pending.delimiter.as_slice() {
                if continued && pending.expands {
                    return Err(Refusal::Heredoc);
                }
                self.heredocs.push(HeredocText {
                    operator: offset(pending.operator),
                    body: (offset(start), offset(at)),
                    expands: pending.expands,
                    strip_tabs: pending.strip_tabs,
                });
                if pending.expands {
                    self.expanding(start, at)?;
                }
                return Ok(line_end.saturating_add(1).min(end));
            }
            continued = line.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1;
            at = line_end.saturating_add(1);
        }
    }

    fn parenthesis(&mut self, frame: &mut Frame, at: usize, end: usize) -> Result<usize, Refusal> {
        let next = at.saturating_add(1);
        self.count()?;
        let word = frame.last_word.take();
        let joined = !frame.command && word.is_some_and(|(_, word_end)| word_end == at);
        if joined {
            let (last, groups) = frame.joined;
            let same = groups > 0 && word.is_some_and(|(start, _)| start == last);
            let groups = if same { groups.saturating_add(1) } else { 1 };
            frame.joined = (at, groups);
            if groups > WORD_GROUPS {
                return Err(Refusal::TooMany);
            }
        }
        self.behind(frame.closed, word, at)?;
        if !joined && matches!(frame.cases.last(), Some(Case::Pattern(true))) {
            return Ok(next);
        }
        let commands = frame.keywords && frame.command && !joined;
        if (commands || frame.after_for) && self.byte(next, end) == Some(b'(') {
            frame.after_for = false;
            frame.command = true;
            return self.arithmetic(at, at.saturating_add(2), end, b')');
        }
        let waiting = self.wait(frame);
        self.enter()?;
        let after = self.commands(next, end, true, commands)?;
        self.leave();
        self.waiting = waiting;
        let body = self
            .bytes
            .get(next..after.saturating_sub(1))
            .unwrap_or_default();
        frame.closed = commands.then_some(after);
        frame.command = commands || body.iter().all(|byte| matches!(byte, b' ' | b'\t'));
        if joined && !frame.command {
            // An array or extended glob: what follows belongs to the same word.
            frame.word = Some(at);
            frame.quiet = true;
        }
        Ok(after)
    }

    /// Counts the `(` at `at` when it stands right behind another group.
    fn behind(
        &mut self,
        closed: Option<usize>,
        word: Option<(usize, usize)>,
        at: usize,
    ) -> Result<(), Refusal> {
        let word = word.and_then(|(start, end)| self.bytes.get(start..end.max(at)));
        if closed == Some(at) || word == Some(b"}") {
            self.stuck = self.stuck.saturating_add(1);
        }
        if self.stuck > WORD_GROUPS {
            return Err(Refusal::TooMany);
        }
        Ok(())
    }

    /// Marks the frame's heredocs as still to be read; returns what to restore.
    fn wait(&mut self, frame: &Frame) -> usize {
        let before = self.waiting;
        self.waiting = before.saturating_add(frame.pending.len());
        before
    }

    /// The current word ends at `at`.
    fn end_word(&mut self, frame: &mut Frame, at: usize) -> Result<(), Refusal> {
        frame.braces = 0;
        let braces = std::mem::take(&mut frame.brace_depth);
        let brackets = std::mem::take(&mut frame.bracket_depth);
        let Some(start) = frame.word.take() else {
            return Ok(());
        };
        self.left_open(
            braces.max(brackets),
            self.bytes.get(start..at).unwrap_or_default(),
            frame.command,
        )?;
        frame.last_word = Some((start, at));
        self.words = self.words.saturating_add(1);
        if self.words > limits::SHELL_WORDS {
            return Err(Refusal::TooMany);
        }
        if std::mem::take(&mut frame.quiet) {
            frame.command = false;
            frame.prefixes = 0;
            return Ok(());
        }
        if frame.command || frame.test || matches!(frame.cases.last(), Some(Case::Pattern(_))) {
            self.count()?;
        }
        let before = frame.opened;
        let word = self.bytes.get(start..at).unwrap_or_default();
        if word == b"{" {
            self.group(start)?;
        }
        if matches!(word, b"time" | b"coproc") {
            // The parser nests what stands behind, and takes twice the stack for it.
            self.doubled = self.doubled.saturating_add(1);
        }
        if !frame.command && NESTING_WORDS.contains(&word) {
            frame.stray = frame.stray.saturating_add(2);
        }
        // `if [[ a ]] then`: a reserved word may follow without a separator.
        let tested = std::mem::replace(&mut frame.tested, frame.test && word == b"]]");
        if frame.keywords && (frame.command || (tested && word == b"then")) {
            self.condition(word)?;
        }
        frame.reserved(word);
        self.check_depth(frame.prefixes.saturating_add(frame.stray))?;
        match frame.opened.cmp(&before) {
            Ordering::Greater => self.enter()?,
            Ordering::Less => self.leave(),
            Ordering::Equal => {}
        }
        Ok(())
    }
}

impl Frame {
    const fn new(keywords: bool) -> Self {
        Self {
            keywords,
            command: keywords,
            word: None,
            last_word: None,
            prefixes: 0,
            stray: 0,
            quiet: false,
            naming: false,
            after_for: false,
            test: false,
            tested: false,
            braces: 0,
            brace_depth: 0,
            bracket_depth: 0,
            opened: 0,
            joined: (0, 0),
            closed: None,
            cases: Vec::new(),
            pending: Vec::new(),
        }
    }

    /// A separator between commands.
    fn separate(&mut self, byte: u8, next: Option<u8>) {
        self.last_word = None;
        // `&>file` ends no command.
        if self.test || (byte == b'&' && next == Some(b'>')) {
            return;
        }
        match self.cases.last_mut() {
            Some(case @ Case::Body) if byte == b';' && matches!(next, Some(b';' | b'&')) => {
                *case = Case::Pattern(true);
            }
            Some(Case::Body) | None => {
                self.command = self.keywords;
                self.stray = 0;
                if byte != b'\n' {
                    self.prefixes = 0;
                }
            }
            Some(_) => {}
        }
    }

    /// Follows the reserved words, which decide where `)` ends a pattern and how deep text nests.
    fn reserved(&mut self, word: &[u8]) {
        self.after_for = false;
        if self.test {
            if word == b"]]" {
                self.test = false;
                self.opened = self.opened.saturating_sub(1);
            }
            return;
        }
        match self.cases.last_mut() {
            Some(case @ Case::Subject) => {
                *case = Case::In;
                return;
            }
            Some(case @ Case::In) => {
                if word == b"in" {
                    *case = Case::Pattern(true);
                }
                return;
            }
            Some(Case::Pattern(true)) if word == b"esac" => {
                self.cases.pop();
                self.opened = self.opened.saturating_sub(1);
                self.command = true;
                return;
            }
            Some(case @ Case::Pattern(_)) => {
                *case = Case::Pattern(false);
                return;
            }
            Some(Case::Body) | None => {}
        }
        if self.naming {
            self.naming = false;
            self.command = true;
            return;
        }
        if !std::mem::take(&mut self.command) {
            return;
        }
        // The parser nests what they stand in front of.
        self.prefixes = match word {
            b"!" | b"time" => self.prefixes.saturating_add(1),
            b"-p" | b"--" if self.prefixes > 0 => {
                self.command = true;
                return;
            }
            _ => 0,
        };
        match word {
            b"case" => self.cases.push(Case::Subject),
            b"function" => self.naming = true,
            b"[[" => self.test = true,
            b"for" | b"select" => self.after_for = true,
            b"if" | b"while" | b"until" | b"{" | b"then" | b"elif" | b"else" | b"do" | b"!"
            | b"time" | b"coproc" => self.command = true,
            b"fi" | b"done" | b"esac" | b"}" => {
                self.opened = self.opened.saturating_sub(1);
                self.command = true;
                if word == b"esac" {
                    self.cases.pop();
                }
            }
            _ => {}
        }
        if matches!(
            word,
            b"case" | b"[[" | b"for" | b"select" | b"if" | b"while" | b"until" | b"{"
        ) {
            self.opened = self.opened.saturating_add(1);
        }
    }
}

/// Bytes that end a word.
const fn is_separator(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')'
    )
}
