//! A look over the tokens of Python before they are parsed: how deep their tree can be.
//!
//! The parser, and the release of what it makes, go as deep as the tree; so its depth is bounded
//! first. Tokens are those of the parser's own lexer, so that the two cannot differ.

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer};

use crate::limits;

/// Whether text is short and its tree is not deep.
pub fn is_shallow(text: &str, mode: Mode) -> bool {
    if text.len() > limits::CODE_BYTES {
        return false;
    }
    let mut lexer = lexer::lex(text, mode);
    let mut scan = Scan::default();
    let mut tokens = 0_usize;
    loop {
        let kind = lexer.next_token();
        tokens = tokens.saturating_add(1);
        if tokens > limits::CODE_TOKENS {
            return false;
        }
        if kind == TokenKind::EndOfFile {
            return true;
        }
        if !scan.takes(kind) {
            return false;
        }
    }
}

/// Whether a line begins as a command of notebooks other than `!` and `%`. The parser panics on them
/// where it recovers from errors; to it a line still begins behind characters that are no tokens.
pub fn has_other_commands(text: &str) -> bool {
    let no_token = |c: char| !c.is_ascii_graphic() || matches!(c, '\\' | '$' | '`');
    let other = |line: &str| {
        let line = line.trim_start_matches(no_token);
        line.starts_with(['/', ',', ';', '?'])
    };
    text.split(['\n', '\r']).any(other)
}

/// How deep a part of an expression lies.
#[derive(Default, Clone, Copy)]
struct Depth {
    /// Operators and the like: they make the tree deep, but are read one after the other.
    links: usize,
    /// What the parser reads by calling itself.
    nests: usize,
    /// Lambdas: a comma among their parameters does not end them.
    lambdas: usize,
}

/// What is open at some place of the text.
#[derive(Default)]
struct Scan {
    /// For each open bracket: the depth in front of it.
    open: Vec<Depth>,
    /// The depth since the innermost bracket.
    here: Depth,
    /// All of [`Scan::open`] together.
    outer: Depth,
    /// Open blocks.
    blocks: usize,
    /// The token before stands for a value.
    after_value: bool,
}

impl Scan {
    /// Takes one token; `false`: too deep.
    fn takes(&mut self, kind: TokenKind) -> bool {
        match kind {
            TokenKind::Lpar
            | TokenKind::Lsqb
            | TokenKind::Lbrace
            | TokenKind::FStringStart
            | TokenKind::TStringStart => self.opens(),
            TokenKind::Rpar
            | TokenKind::Rsqb
            | TokenKind::Rbrace
            | TokenKind::FStringEnd
            | TokenKind::TStringEnd => self.closes(),
            TokenKind::Indent => self.blocks = self.blocks.saturating_add(1),
            TokenKind::Dedent => self.blocks = self.blocks.saturating_sub(1),
            TokenKind::Newline => {
                self.open.clear();
                self.here = Depth::default();
                self.outer = Depth::default();
            }
            TokenKind::Comma | TokenKind::Semi => {
                self.here.links = 0;
                self.here.nests = 0;
            }
            TokenKind::NonLogicalNewline | TokenKind::Comment => return true,
            _ => self.deepens(kind),
        }
        self.after_value = matches!(
            kind,
            TokenKind::Name
                | TokenKind::Int
                | TokenKind::Float
                | TokenKind::Complex
                | TokenKind::String
                | TokenKind::Rpar
                | TokenKind::Rsqb
                | TokenKind::Rbrace
                | TokenKind::FStringEnd
                | TokenKind::TStringEnd
        );
        let nests = [
            self.open.len(),
            self.blocks,
            self.here.nests,
            self.here.lambdas,
            self.outer.nests,
            self.outer.lambdas,
        ];
        nests.into_iter().fold(0, usize::saturating_add) <= limits::CODE_DEPTH
            && self.here.links.saturating_add(self.outer.links) <= limits::CODE_CHAIN
    }

    fn opens(&mut self) {
        // A call or subscript is a link of the chain it stands in.
        self.here.links = self.here.links.saturating_add(1);
        self.open.push(self.here);
        self.outer.links = self.outer.links.saturating_add(self.here.links);
        self.outer.nests = self.outer.nests.saturating_add(self.here.nests);
        self.outer.lambdas = self.outer.lambdas.saturating_add(self.here.lambdas);
        self.here = Depth::default();
    }

    fn closes(&mut self) {
        self.here = self.open.pop().unwrap_or_default();
        self.outer.links = self.outer.links.saturating_sub(self.here.links);
        self.outer.nests = self.outer.nests.saturating_sub(self.here.nests);
        self.outer.lambdas = self.outer.lambdas.saturating_sub(self.here.lambdas);
    }

    fn deepens(&mut self, kind: TokenKind) {
        let unary = matches!(kind, TokenKind::Plus | TokenKind::Minus) && !self.after_value;
        let calls_itself = matches!(
            kind,
            TokenKind::Not
                | TokenKind::Await
                | TokenKind::Tilde
                | TokenKind::DoubleStar
                | TokenKind::Else
                | TokenKind::Yield
                | TokenKind::ColonEqual
                | TokenKind::Star
        );
        if kind == TokenKind::Lambda {
            self.here.lambdas = self.here.lambdas.saturating_add(1);
        } else if unary || calls_itself {
            self.here.nests = self.here.nests.saturating_add(1);
        }
        if kind.is_operator() || matches!(kind, TokenKind::If | TokenKind::For | TokenKind::From) {
            self.here.links = self.here.links.saturating_add(1);
        }
    }
}
