//! Values that flow through a call: words, arguments and streams, with what is known of them.

use crate::limits;
use crate::secret::Secret;

/// A word or argument: text as far as it is known, and where each piece came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Value {
    /// Its pieces, in order. No piece: the empty text.
    pub pieces: Vec<Piece>,
    /// Byte range of the text it was written in.
    pub span: (u32, u32),
}

/// One piece of a value.
#[derive(Clone, PartialEq, Eq)]
pub struct Piece {
    /// The text; `None` when it cannot be known from the call.
    pub text: Option<String>,
    /// Where it came from.
    pub origin: Origin,
    /// The text is a glob pattern that the shell would expand.
    pub pattern: bool,
}

/// Where a piece of a value or stream came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Written in the call.
    Literal,
    /// An environment variable the tool runs with.
    Variable(String),
    /// The content of a file.
    File(String),
    /// What a program that reads secrets wrote; the program's name.
    Secret(String),
    /// What a network request answered.
    Network(String),
    /// The output of a program, or anything else that cannot be seen.
    Unseen,
}

/// Content that flows through a pipe, heredoc, redirect or file within a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stream {
    /// The text, when all of it is known.
    pub text: Option<Secret>,
    /// Everything that flowed into it, without repetition.
    pub origins: Vec<Origin>,
    /// It was decoded or decrypted on the way, so its text cannot be read off the call.
    pub decoded: bool,
    /// There is a stream at all; `false` for a terminal or nothing.
    pub present: bool,
    /// Its words are paths that these stand for (find); `None` when nothing is known of them.
    pub listed: Option<Vec<Value>>,
}

impl Value {
    /// A value written in the call.
    #[must_use]
    pub fn literal(text: impl Into<String>) -> Self {
        let piece = Piece {
            text: Some(text.into()),
            origin: Origin::Literal,
            pattern: false,
        };
        Self {
            pieces: vec![piece],
            span: (0, 0),
        }
    }

    /// A value of which nothing is known but its origin.
    #[must_use]
    pub fn unseen(origin: Origin) -> Self {
        Self {
            pieces: vec![Piece {
                text: None,
                origin,
                pattern: false,
            }],
            span: (0, 0),
        }
    }

    /// The same value with this span.
    #[must_use]
    pub fn at(mut self, span: (u32, u32)) -> Self {
        self.span = span;
        self
    }

    /// The whole text, when every piece is known and none is a pattern.
    #[must_use]
    pub fn exact(&self) -> Option<String> {
        if self.has_pattern() {
            None
        } else {
            self.known_text()
        }
    }

    /// The whole text, patterns unexpanded, when every piece is known.
    #[must_use]
    pub fn known_text(&self) -> Option<String> {
        self.pieces
            .iter()
            .map(|piece| piece.text.as_deref())
            .collect()
    }

    /// The text up to the first unknown piece or pattern character.
    #[must_use]
    pub fn prefix(&self) -> String {
        let mut prefix = String::new();
        for piece in &self.pieces {
            match &piece.text {
                Some(text) if piece.pattern => {
                    prefix.extend(
                        text.chars()
                            .take_while(|c| !matches!(c, '*' | '?' | '[' | '(' | '{')),
                    );
                    return prefix;
                }
                Some(text) => prefix.push_str(text),
                None => return prefix,
            }
        }
        prefix
    }

    /// The known text with `*` in place of every unknown piece: what may be shown and matched.
    #[must_use]
    pub fn sketch(&self) -> String {
        self.pieces
            .iter()
            .map(|piece| piece.text.as_deref().unwrap_or("*"))
            .collect()
    }

    /// Whether some piece is not known.
    #[must_use]
    pub fn is_dynamic(&self) -> bool {
        self.pieces.iter().any(|piece| piece.text.is_none())
    }

    /// Whether some piece is a glob pattern.
    #[must_use]
    pub fn has_pattern(&self) -> bool {
        self.pieces.iter().any(|piece| piece.pattern)
    }

    /// The origins of its pieces other than [`Origin::Literal`].
    pub fn origins(&self) -> impl Iterator<Item = &Origin> {
        self.pieces
            .iter()
            .map(|piece| &piece.origin)
            .filter(|origin| **origin != Origin::Literal)
    }

    /// The value from byte `start` of its known text on; unknown pieces are kept.
    ///
    /// Used to take `value` out of `--name=value` or the token out of a header.
    #[must_use]
    pub fn skip(&self, start: usize) -> Self {
        let mut left = start;
        let mut pieces = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            let length = piece.text.as_ref().map_or(0, String::len);
            if left > 0 && left >= length && piece.text.is_some() {
                left = left.saturating_sub(length);
                continue;
            }
            let text = piece
                .text
                .as_ref()
                .and_then(|text| text.get(left..))
                .map(str::to_owned);
            left = 0;
            pieces.push(Piece {
                text,
                origin: piece.origin.clone(),
                pattern: piece.pattern,
            });
        }
        Self {
            pieces,
            span: self.span,
        }
    }

    /// Joins values with single spaces, as `eval` and `ssh` do.
    #[must_use]
    pub fn join(values: &[Self]) -> Self {
        let mut pieces = Vec::new();
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                pieces.push(Piece {
                    text: Some(" ".to_owned()),
                    origin: Origin::Literal,
                    pattern: false,
                });
            }
            pieces.extend(value.pieces.iter().cloned());
        }
        let start = values.first().map_or(0, |value| value.span.0);
        let end = values.last().map_or(0, |value| value.span.1);
        Self {
            pieces,
            span: (start, end),
        }
    }
}

impl Stream {
    /// A stream of known text written in the call.
    #[must_use]
    pub fn literal(text: impl Into<String>) -> Self {
        Self {
            text: Some(Secret::new(text)),
            origins: Vec::new(),
            present: true,
            ..Self::default()
        }
    }

    /// A stream of which only the origin is known.
    #[must_use]
    pub fn from_origin(origin: Origin) -> Self {
        Self {
            origins: vec![origin],
            present: true,
            ..Self::default()
        }
    }

    /// The stream a value becomes when it is written out.
    #[must_use]
    pub fn from_value(value: &Value) -> Self {
        let mut stream = Self {
            present: true,
            ..Self::default()
        };
        stream.text = value.known_text().map(Secret::new);
        for origin in value.origins() {
            stream.add_origin(origin.clone());
        }
        stream
    }

    /// Adds everything of `other`; the text is known only when one of them is empty of content.
    pub fn merge(&mut self, other: &Self) {
        if !other.present {
            return;
        }
        if self.present {
            self.text = match (self.text.take(), &other.text) {
                (Some(first), Some(second))
                    if first.expose().len().saturating_add(second.expose().len())
                        > limits::STREAM_BYTES =>
                {
                    None
                }
                (Some(first), Some(second)) => Some(Secret::new(format!(
                    "{}{}",
                    first.expose(),
                    second.expose()
                ))),
                _ => None,
            };
        } else {
            self.text.clone_from(&other.text);
        }
        self.listed = match (self.listed.take(), self.present) {
            (_, false) => other.listed.clone(),
            (Some(mut listed), true) => other.listed.as_ref().map(|more| {
                listed.extend(more.iter().cloned());
                listed
            }),
            (None, true) => None,
        };
        self.present = true;
        self.decoded |= other.decoded;
        for origin in &other.origins {
            self.add_origin(origin.clone());
        }
    }

    /// Adds one origin.
    pub fn add_origin(&mut self, origin: Origin) {
        if self.origins.len() > limits::STREAM_ORIGINS || self.origins.contains(&origin) {
            return;
        }
        self.origins
            .push(if self.origins.len() == limits::STREAM_ORIGINS {
                Origin::Secret("more than is looked at".to_owned())
            } else {
                origin
            });
    }

    /// Whether something from the network flowed into it.
    #[must_use]
    pub fn from_network(&self) -> bool {
        self.origins
            .iter()
            .any(|origin| matches!(origin, Origin::Network(_)))
    }
}

impl std::fmt::Debug for Piece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The text of a variable or file may be a secret.
        let shown = match (&self.origin, &self.text) {
            (Origin::Literal, Some(_)) => "known literal",
            (_, Some(_)) => "known",
            (_, None) => "unseen",
        };
        f.debug_struct("Piece")
            .field("text", &shown)
            .field("origin", &self.origin)
            .field("pattern", &self.pattern)
            .finish()
    }
}
