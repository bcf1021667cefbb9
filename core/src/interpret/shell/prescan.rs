//! A linear scan of shell text before any parser sees it.
//!
//! It bounds length and nesting, refuses text that is not what it looks like, and tables every
//! construct the shell would expand. The parser is later given the text with those constructs blanked,
//! so a construct the two disagree about is noticed: nothing executable is skipped silently.

mod bound;
mod frame;
mod quoted;

use std::sync::Arc;

use super::ast::Span;
use crate::limits;

/// Why shell text cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Longer than [`limits::SHELL_BYTES`].
    #[error("shell text too long to read; split it up")]
    TooLong,
    /// Nested deeper than [`limits::SHELL_DEPTH`].
    #[error("shell text nested too deeply to read; split it up")]
    TooDeep,
    /// More braces in one word, or words with an open brace or bracket, than a parser reads quickly.
    #[error("too many braces in one word, or open ones; close them or write the words out")]
    TooManyBraces,
    /// More than [`limits::SHELL_COMMANDS`], [`limits::SHELL_WORDS`] or [`limits::SHELL_EXPANSIONS`].
    #[error("shell text with too many commands or words to read; split it up")]
    TooMany,
    /// A control or invisible character that makes text look like something else.
    #[error("shell text holds an invisible or control character; remove it")]
    Invisible,
    /// Carriage returns that a shell would not take for line ends.
    #[error("shell text mixes line ends; use line feeds only")]
    LineEnds,
    /// A quote or bracket without its other half.
    #[error("shell text has an unbalanced quote or bracket; close it")]
    Unbalanced,
    /// A heredoc whose end is missing or ambiguous.
    #[error("heredoc without a clear end; put its delimiter on a line of its own")]
    Heredoc,
    /// `((` or quotes that shells read in more than one way.
    #[error("shell text that shells read in different ways; write it more plainly")]
    Ambiguous,
    /// `${ command; }` and other `${` forms that are no plain parameter.
    #[error("parameter expansion that may run code; use $(…) or a plain parameter")]
    Parameter,
    /// The grammar does not accept it.
    #[error("shell text that does not parse; correct it")]
    Grammar,
    /// The scan and the grammar do not see the same constructs.
    #[error("shell text whose structure is unclear; write it more plainly")]
    Disagreement,
}

/// What kind of construct the shell would expand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `$(…)`.
    Command,
    /// `` `…` ``.
    Backtick,
    /// `<(…)`.
    ProcessIn,
    /// `>(…)`.
    ProcessOut,
    /// `${…}`.
    Parameter,
    /// `$((…))`, `$[…]` or the command `((…))`.
    Arithmetic,
}

impl Kind {
    /// Whether commands run inside it.
    #[must_use]
    pub const fn executes(self) -> bool {
        matches!(
            self,
            Self::Command | Self::Backtick | Self::ProcessIn | Self::ProcessOut
        )
    }
}

/// One construct the shell would expand.
#[derive(Debug, Clone)]
pub struct Construct {
    /// What it is.
    pub kind: Kind,
    /// All of it, as byte offsets.
    pub span: Span,
    /// What stands between its delimiters.
    pub body: Span,
    /// For backticks: the text inside, unescaped, as a source of its own.
    pub inner: Option<Arc<Source>>,
}

/// One heredoc.
#[derive(Debug, Clone, Copy)]
pub struct HeredocText {
    /// Offset of its `<<`.
    pub operator: u32,
    /// The lines between the operator's line and the delimiter.
    pub body: Span,
    /// The delimiter was not quoted.
    pub expands: bool,
    /// `<<-`: leading tabs are dropped.
    pub strip_tabs: bool,
}

/// Shell text and the table of what the shell would expand in it.
#[derive(Debug)]
pub struct Source {
    /// The text, line ends as line feeds.
    pub text: String,
    /// Every construct outside comments and literal quotes, by start.
    pub constructs: Vec<Construct>,
    /// Every heredoc, by operator.
    pub heredocs: Vec<HeredocText>,
    /// How deep it nests at most.
    pub depth: usize,
    /// What it takes to parse it, in the unit of [`limits::SHELL_PARSED`], without its bytes.
    pub work: usize,
    /// Every `{` in quotes that stands for itself, in no order.
    pub quoted_braces: Vec<u32>,
}

impl Source {
    /// Scans `text`.
    ///
    /// # Errors
    /// A [`Refusal`] when the text is over a limit or cannot be read one way only.
    pub fn scan(text: &str) -> Result<Self, Refusal> {
        Self::scan_at(text, 0)
    }

    fn scan_at(text: &str, depth: usize) -> Result<Self, Refusal> {
        if text.len() > limits::SHELL_BYTES {
            return Err(Refusal::TooLong);
        }
        let text = normalize(text)?;
        let mut scanner = Scanner {
            bytes: text.as_bytes(),
            depth,
            deepest: depth,
            waiting: 0,
            commands: 0,
            words: 0,
            doubled: 0,
            pieces: 0,
            conditions: 0,
            reread: 0,
            braces: 0,
            stuck: 0,
            open_words: 0,
            constructs: Vec::new(),
            heredocs: Vec::new(),
            quoted_braces: Vec::new(),
        };
        scanner.script()?;
        let Scanner {
            constructs,
            mut heredocs,
            deepest,
            doubled,
            quoted_braces,
            commands,
            words,
            pieces,
            ..
        } = scanner;
        let depth = deepest.saturating_add(doubled);
        if depth > limits::SHELL_DEPTH {
            return Err(Refusal::TooDeep);
        }
        if constructs.len() > limits::SHELL_EXPANSIONS {
            return Err(Refusal::TooMany);
        }
        let running = constructs.iter().filter(|one| one.kind.executes());
        if running.count() > limits::SHELL_SUBSTITUTIONS {
            return Err(Refusal::TooLong);
        }
        heredocs.sort_by_key(|heredoc| heredoc.operator);
        Ok(Self {
            text,
            heredocs,
            work: [commands, words, pieces, constructs.len()].iter().sum(),
            constructs,
            depth,
            quoted_braces,
        })
    }

    /// The construct that starts at `offset`, with its place in the table.
    #[must_use]
    pub fn construct_at(&self, offset: u32) -> Option<(usize, &Construct)> {
        let index = self
            .constructs
            .binary_search_by_key(&offset, |c| c.span.0)
            .ok()?;
        self.constructs
            .get(index)
            .map(|construct| (index, construct))
    }

    /// The places of the outermost substitutions within `span`, also inside parameters and arithmetic.
    #[must_use]
    pub fn substitutions_in(&self, span: Span) -> Vec<usize> {
        let mut last = span.0;
        let mut found = Vec::new();
        let first = self.constructs.partition_point(|c| c.span.0 < span.0);
        for (index, construct) in self.constructs.iter().enumerate().skip(first) {
            if construct.span.0 >= span.1 {
                break;
            }
            if construct.kind.executes() && construct.span.0 >= last {
                last = construct.span.1;
                found.push(index);
            }
        }
        found
    }

    /// The text of `span`; empty when it is no valid range.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text
            .get(span.0 as usize..span.1 as usize)
            .unwrap_or("")
    }
}

/// Line ends as line feeds. Text with both kinds, or a stray carriage return, reads differently here
/// and in a shell, so it is refused.
fn normalize(text: &str) -> Result<String, Refusal> {
    let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n'));
    if !plain && text.chars().any(is_invisible) {
        return Err(Refusal::Invisible);
    }
    if !text.contains('\r') {
        return Ok(text.to_owned());
    }
    let pairs = text.matches("\r\n").count();
    let alone = text.matches('\r').count() != pairs || text.matches('\n').count() != pairs;
    if alone || text.contains("\\\r") {
        return Err(Refusal::LineEnds);
    }
    Ok(text.replace('\r', ""))
}

/// Control characters other than tab and line ends, and characters that reorder or hide text.
/// The joiners U+200C and U+200D stay: ordinary scripts and emoji need them.
const fn is_invisible(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}' => true,
        '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{e0000}'..='\u{e007f}' => true,
        _ => false,
    }
}

/// The state of one scan.
struct Scanner<'t> {
    bytes: &'t [u8],
    /// How many constructs are open.
    depth: usize,
    /// How many were open at most.
    deepest: usize,
    /// Heredocs announced but not yet read in the frames around the current one.
    waiting: usize,
    /// Commands and what else makes structure.
    commands: usize,
    /// Words outside of quotes.
    words: usize,
    /// Those that are `time` or `coproc`.
    doubled: usize,
    /// Conditions of `if` that have not come to their `then`.
    conditions: usize,
    /// How many `{` stand behind commands of unfinished conditions.
    reread: usize,
    /// Parameters without braces, quoted texts, lines and signs of arithmetic.
    pieces: usize,
    /// `(…)` right behind other groups.
    stuck: usize,
    /// Every `{` that stands in a word.
    braces: usize,
    /// Of the words those that leave a `{` or `[` open.
    open_words: usize,
    constructs: Vec<Construct>,
    heredocs: Vec<HeredocText>,
    quoted_braces: Vec<u32>,
}

impl Scanner<'_> {
    fn byte(&self, at: usize, end: usize) -> Option<u8> {
        if at < end {
            self.bytes.get(at).copied()
        } else {
            None
        }
    }

    fn enter(&mut self) -> Result<(), Refusal> {
        self.depth = self.depth.saturating_add(1);
        self.check_depth(0)
    }

    /// Counts a command or what else makes structure.
    fn count(&mut self) -> Result<(), Refusal> {
        self.commands = self.commands.saturating_add(1);
        if self.commands > limits::SHELL_COMMANDS {
            Err(Refusal::TooMany)
        } else {
            Ok(())
        }
    }

    /// Counts a piece of a word, a line or a sign.
    fn piece(&mut self) -> Result<(), Refusal> {
        self.pieces = self.pieces.saturating_add(1);
        if self.pieces > limits::SHELL_PIECES {
            Err(Refusal::TooMany)
        } else {
            Ok(())
        }
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn check_depth(&mut self, more: usize) -> Result<(), Refusal> {
        self.deepest = self.deepest.max(self.depth.saturating_add(more));
        if self.deepest > limits::SHELL_DEPTH {
            Err(Refusal::TooDeep)
        } else {
            Ok(())
        }
    }

    /// Reserves a place in the table, which stays ordered by start.
    fn open(&mut self, kind: Kind, start: usize, body: usize) -> Result<usize, Refusal> {
        self.enter()?;
        let place = self.constructs.len();
        let span = (offset(start), offset(start));
        let body = (offset(body), offset(body));
        self.constructs.push(Construct {
            kind,
            span,
            body,
            inner: None,
        });
        Ok(place)
    }

    fn close(&mut self, place: usize, body_end: usize, end: usize) {
        self.leave();
        if let Some(construct) = self.constructs.get_mut(place) {
            construct.body.1 = offset(body_end);
            construct.span.1 = offset(end);
        }
    }
}

/// Text is at most [`limits::SHELL_BYTES`] long, so offsets fit.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
