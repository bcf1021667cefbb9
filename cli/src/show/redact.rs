//! Hiding what may be a secret before input is shown.
//!
//! Three rules, pragmatic and on the safe side: what follows a word that announces a secret, runs of
//! token characters that mix letters and digits, and the values of telling environment variables.

use std::collections::BTreeMap;
use std::ops::Range;

use checkrein::secret::Secret;

/// What is shown in place of a secret.
pub const MASK: &str = "‹secret›";

/// Shortest run of token characters that counts as a secret by its looks.
const TOKEN: usize = 20;
/// Shortest value of an environment variable that is looked for.
const VALUE: usize = 6;
/// Words after which a secret follows, when `=`, `:` or white space comes next.
const ANNOUNCING: &[&str] = &[
    "access_key",
    "access-key",
    "accesskey",
    "api_key",
    "api-key",
    "apikey",
    "auth",
    "authorization",
    "basic",
    "bearer",
    "client_secret",
    "credential",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "pwd",
    "secret",
    "token",
];
/// Of these, the ones that need no `=` or `:`.
const SCHEMES: &[&str] = &["basic", "bearer"];
/// Pieces of the names of variables whose values are secrets.
const TELLING: &[&str] = &[
    "AUTH",
    "CREDENTIAL",
    "KEY",
    "PASS",
    "PWD",
    "SECRET",
    "TOKEN",
];

/// What may and must not be shown.
#[derive(Debug, Default)]
pub struct Redactor<'a> {
    /// Values that must not be shown.
    values: Vec<&'a str>,
    /// Names known to be no secrets, such as the ids of resources.
    names: Vec<&'a str>,
}

impl<'a> Redactor<'a> {
    /// Hides the secrets of `env`, and shows `names` although they may look like tokens.
    pub fn new(
        env: &'a BTreeMap<String, Secret>,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let telling = |name: &str| {
            TELLING
                .iter()
                .any(|piece| name.to_uppercase().contains(piece))
        };
        let values = env
            .iter()
            .map(|(name, value)| (name, value.expose()))
            .filter(|(name, value)| {
                value.len() >= VALUE && !value.starts_with('/') && telling(name)
            });
        Self {
            values: values.map(|(_, value)| value).collect(),
            names: names.into_iter().collect(),
        }
    }

    /// The ranges of `text` that are hidden: sorted, apart from each other.
    pub fn hidden(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = announced(text);
        found.extend(words(text).filter(|word| self.is_token(&text[word.clone()])));
        for value in &self.values {
            found.extend(
                text.match_indices(value)
                    .map(|(at, value)| at..at + value.len()),
            );
        }
        found.sort_by_key(|range| (range.start, range.end));
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in found {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        merged
    }

    fn is_token(&self, word: &str) -> bool {
        word.len() >= TOKEN
            && word.bytes().any(|byte| byte.is_ascii_digit())
            && word.bytes().any(|byte| byte.is_ascii_alphabetic())
            && !self.names.contains(&word)
    }
}

/// Runs of token characters.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let token = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    text.split(move |c: char| !token(c)).map(move |word| {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        start..start + word.len()
    })
}

/// What follows the words that announce a secret.
fn announced(text: &str) -> Vec<Range<usize>> {
    // Same length as the text, so that places in it are places in the text.
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for word in ANNOUNCING {
        for (at, _) in lower.match_indices(word) {
            let rest = &text[at + word.len()..];
            let gap = gap(rest, SCHEMES.contains(word));
            let value = gap.map(|gap| {
                let start = at + word.len() + gap;
                start..start + value(&text[start..])
            });
            found.extend(value.filter(|value| !value.is_empty()));
        }
    }
    found
}

/// The separator between the word and its secret, in bytes: none, nothing is announced.
fn gap(rest: &str, scheme: bool) -> Option<usize> {
    let quotes = |c: char| matches!(c, '"' | '\'' | '\\');
    let after = rest.trim_start_matches(quotes).trim_start();
    let separated = after.strip_prefix(['=', ':']);
    let blank = rest.starts_with(char::is_whitespace);
    let value = match separated {
        Some(value) => value.trim_start().trim_start_matches(quotes),
        None if scheme && blank => after.trim_start_matches(quotes),
        None => return None,
    };
    // `Authorization: Bearer x`: the scheme announces in turn and stays readable.
    let lower = value.to_ascii_lowercase();
    if SCHEMES.iter().any(|scheme| {
        lower
            .strip_prefix(scheme)
            .is_some_and(|rest| rest.starts_with(' '))
    }) {
        return None;
    }
    Some(rest.len() - value.len())
}

/// Length of a secret: up to white space, a quote or what ends a word in shells and URLs. What the
/// shell computes, such as `$TOKEN`, is its source and no secret.
fn value(text: &str) -> usize {
    if text.starts_with('$') {
        return 0;
    }
    text.find(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '"' | '\'' | '\\' | ';' | '&' | '|' | '<' | '>' | ')' | '}' | ','
            )
    })
    .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(redactor: &Redactor<'_>, text: &str) -> String {
        let mut shown = String::new();
        let mut end = 0;
        for range in redactor.hidden(text) {
            shown.push_str(&text[end..range.start]);
            shown.push_str(MASK);
            end = range.end;
        }
        shown + &text[end..]
    }

    #[test]
    fn what_announces_itself_is_hidden() {
        for (text, shown) in [
            (
                "curl -H 'Authorization: Bearer abc.def'",
                "curl -H 'Authorization: Bearer ‹secret›'",
            ),
            (
                "-H \"authorization:bearer x\"",
                "-H \"authorization:bearer ‹secret›\"",
            ),
            (
                "http h Authorization:'Bearer k1'",
                "http h Authorization:'Bearer ‹secret›'",
            ),
            ("PGPASSWORD=hunter2 psql", "PGPASSWORD=‹secret› psql"),
            (
                "https://h/x?token=abc&b=1",
                "https://h/x?token=‹secret›&b=1",
            ),
            (
                r#"{"password": "p w","a":1}"#,
                r#"{"password": "‹secret› w","a":1}"#,
            ),
            (r#"{\"api_key\":\"k\"}"#, r#"{\"api_key\":\"‹secret›\"}"#),
            ("X-Api-Key: k1", "X-Api-Key: ‹secret›"),
        ] {
            assert_eq!(redacted(&Redactor::default(), text), shown);
        }
    }

    #[test]
    fn what_looks_like_a_token_is_hidden_at_twenty_characters() {
        let redactor = Redactor::default();
        assert_eq!(
            redacted(&redactor, "use abcdefghij0123456789 now"),
            "use ‹secret› now"
        );
        for plain in [
            "abcdefghi0123456789",
            "abcdefghijklmnopqrstuvwxyz",
            "01234567890123456789",
        ] {
            assert_eq!(redacted(&redactor, plain), plain);
        }
    }

    #[test]
    fn text_about_secrets_stays_readable() {
        for plain in [
            "git commit -m 'rotate the token every week'",
            "cat token.txt && ls secrets/",
            "curl -H \"Authorization: Bearer $RAILWAY_TOKEN\"",
            "rm -rf build/output",
        ] {
            assert_eq!(redacted(&Redactor::default(), plain), plain);
        }
    }

    #[test]
    fn values_of_telling_variables_are_hidden_and_known_names_are_shown() {
        let secret = |text: &str| Secret::new(text);
        let env = BTreeMap::from([
            ("DEPLOY_KEY".to_owned(), secret("open sesame")),
            ("HOME".to_owned(), secret("/home/me")),
            ("STAGE".to_owned(), secret("production")),
            ("SSH_AUTH_SOCK".to_owned(), secret("/run/agent.sock")),
        ]);
        let redactor = Redactor::new(&env, ["vol_0123456789abcdefghij"]);
        assert_eq!(
            redacted(
                &redactor,
                "x 'open sesame' /home/me production /run/agent.sock"
            ),
            "x '‹secret›' /home/me production /run/agent.sock"
        );
        assert_eq!(
            redacted(&redactor, "rm vol_0123456789abcdefghij"),
            "rm vol_0123456789abcdefghij"
        );
    }

    #[test]
    fn ranges_are_on_character_boundaries() {
        let redactor = Redactor::default();
        for text in [
            "é token=é€x ü",
            "Bearer é",
            "token:",
            "token=\u{2003}x",
            "İtoken=a",
        ] {
            let _ = redacted(&redactor, text);
        }
    }
}
