//! Tokens of policy text that may be unfinished or wrong.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name, keyword or number.
    Word,
    /// A text with its quotes; the closing one may be missing.
    Text,
    /// `::`, `==`, `!=`, or one other character.
    Sign,
}

/// A token with its place in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) start: usize,
}

impl<'a> Token<'a> {
    pub(super) fn end(&self) -> usize {
        self.start.saturating_add(self.text.len())
    }

    pub(super) fn is(&self, text: &str) -> bool {
        self.kind != Kind::Text && self.text == text
    }

    /// Its text, when it is a name.
    pub(super) fn name(&self) -> Option<&'a str> {
        (self.kind == Kind::Word).then_some(self.text)
    }

    /// What stands between its quotes, when it is a text; escapes stay as written.
    pub(super) fn quoted(&self) -> Option<&'a str> {
        let inside = self.text.strip_prefix('"')?;
        Some(if self.is_closed() {
            inside.strip_suffix('"').unwrap_or(inside)
        } else {
            inside
        })
    }

    /// Whether a text has its closing quote.
    pub(super) fn is_closed(&self) -> bool {
        let mut escaped = false;
        let closing = self.text.bytes().skip(1).filter(|byte| {
            let closes = *byte == b'"' && !escaped;
            escaped = !escaped && *byte == b'\\';
            closes
        });
        closing.count() > 0
    }
}

/// The tokens of `text`, and whether it ends within a comment.
pub(super) fn tokens(text: &str) -> (Vec<Token<'_>>, bool) {
    let mut tokens = Vec::new();
    let mut rest = text.char_indices().peekable();
    let mut comment = false;
    while let Some((start, c)) = rest.next() {
        comment = false;
        let mut end = start.saturating_add(c.len_utf8());
        let mut take = |wanted: &dyn Fn(char) -> bool| {
            let next = rest.next_if(|(_, next)| wanted(*next));
            if let Some((at, taken)) = next {
                end = at.saturating_add(taken.len_utf8());
            }
            next.is_some()
        };
        let kind = match c {
            _ if c.is_whitespace() => continue,
            '/' if take(&|next| next == '/') => {
                comment = true;
                while take(&|next| next != '\n') {}
                continue;
            }
            '"' => {
                loop {
                    let escape = take(&|next| next == '\\');
                    if !take(&|next| escape || next != '"') {
                        break;
                    }
                }
                take(&|next| next == '"');
                Kind::Text
            }
            _ if c.is_ascii_alphanumeric() || c == '_' => {
                while take(&|next| next.is_ascii_alphanumeric() || next == '_') {}
                Kind::Word
            }
            _ => {
                let second = match c {
                    ':' => Some(':'),
                    '=' | '!' | '<' | '>' => Some('='),
                    '&' | '|' => Some(c),
                    _ => None,
                };
                take(&|next| Some(next) == second);
                Kind::Sign
            }
        };
        let text = text.get(start..end).unwrap_or_default();
        tokens.push(Token { kind, text, start });
    }
    (tokens, comment)
}
