//! Patterns of the inventory, compiled once.

/// What a pattern is matched against, which decides what `*` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Names and ids: `*` stands for anything.
    Name,
    /// Host names: as names, without case or trailing dot.
    Host,
    /// Connection URLs: as names, without case, user or password.
    Url,
    /// Paths: `*` stays within a segment, `**` crosses segments.
    Path,
}

/// A checked glob pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Glob {
    subject: Subject,
    pattern: String,
}

/// Why a pattern is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GlobError {
    /// It would match everything but what it names, which is never evidence.
    #[error("a pattern must not start with `!`; list what belongs to it instead")]
    Negated,
    /// It is empty.
    #[error("a pattern must not be empty; leave it out instead")]
    Empty,
    /// Its brackets or braces do not close, or nest too deep.
    #[error("the pattern is not valid; close every `[` and `{{` and write `\\\\` for a backslash")]
    Invalid,
}

/// Stands for `/` in names, so that `*` crosses it.
const SLASH: &str = "\u{1}";

impl Glob {
    /// Compiles `pattern`.
    ///
    /// # Errors
    /// When it is empty, negated or not a valid glob.
    pub fn new(subject: Subject, pattern: &str) -> Result<Self, GlobError> {
        if pattern.is_empty() {
            return Err(GlobError::Empty);
        }
        if pattern.starts_with('!') {
            return Err(GlobError::Negated);
        }
        let pattern = normalise(subject, pattern);
        fast_glob::validate(&pattern).map_err(|_| GlobError::Invalid)?;
        Ok(Self { subject, pattern })
    }

    /// Whether `value` matches.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        fast_glob::glob_match(&self.pattern, normalise(self.subject, value))
    }

    /// A value that matches, for showing; nothing for the rare pattern that none is made up for.
    #[must_use]
    pub fn sample(&self) -> Option<String> {
        let mut sample = String::new();
        let mut rest = self.pattern.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '*' => {
                    while rest.next_if_eq(&'*').is_some() {}
                    sample.push_str("example");
                }
                '?' => sample.push('x'),
                '\\' => sample.extend(rest.next()),
                '[' => {
                    sample.extend(rest.next());
                    rest.by_ref().take_while(|c| *c != ']').for_each(drop);
                }
                '{' => {
                    while let Some(c) = rest.next_if(|c| !matches!(c, ',' | '}')) {
                        sample.push(c);
                    }
                    rest.by_ref().take_while(|c| *c != '}').for_each(drop);
                }
                _ => sample.push(c),
            }
        }
        let sample = sample.replace(SLASH, "/");
        self.matches(&sample).then_some(sample)
    }
}

/// `text` in the form both patterns and values are compared in.
fn normalise(subject: Subject, text: &str) -> String {
    match subject {
        Subject::Path => text.to_owned(),
        Subject::Name => text.replace('/', SLASH),
        Subject::Host => host(text).replace('/', SLASH),
        Subject::Url => without_user(text).to_ascii_lowercase().replace('/', SLASH),
    }
}

/// A host name in lower case, without port, brackets and trailing dot.
#[must_use]
pub fn host(text: &str) -> String {
    let text = text.trim();
    let bare = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        // An address, not a character class.
        Some((address, _)) if address.contains(':') => address,
        _ => match text.split_once(':') {
            Some((name, port)) if !port.contains(':') => name,
            _ => text,
        },
    };
    bare.trim_end_matches('.').to_ascii_lowercase()
}

/// A URL without `user:password@`.
fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(subject: Subject, pattern: &str, value: &str) -> bool {
        Glob::new(subject, pattern).unwrap().matches(value)
    }

    #[test]
    fn a_star_in_a_name_stands_for_anything() {
        assert!(matches(Subject::Name, "arn:*:prod", "arn:aws/x.y:prod"));
        assert!(matches(Subject::Name, "release/*", "release/1/2"));
        assert!(!matches(Subject::Name, "release/*", "feature/release/1"));
        assert!(!matches(Subject::Name, "main", "Main"));
    }

    #[test]
    fn hosts_ignore_case_port_and_the_trailing_dot() {
        assert!(matches(Subject::Host, "*.Acme.com", "DB.eu.ACME.com."));
        assert!(matches(Subject::Host, "db.acme.com", "db.acme.com:5432"));
        assert!(!matches(Subject::Host, "*.acme.com", "acme.com.evil.net"));
        assert!(!matches(Subject::Host, "*.acme.com", "notacme.com"));
    }

    #[test]
    fn connection_urls_match_with_and_without_a_user() {
        let pattern = "postgres://*@db.acme.com/*";
        assert!(matches(Subject::Url, pattern, "postgres://db.acme.com/app"));
        assert!(matches(
            Subject::Url,
            pattern,
            "postgres://u:p@DB.acme.com/app"
        ));
        assert!(!matches(
            Subject::Url,
            pattern,
            "postgres://db.acme.com.evil.net/app"
        ));
    }

    #[test]
    fn samples_match() {
        let sample = |subject, pattern| Glob::new(subject, pattern).unwrap().sample();
        assert_eq!(
            sample(Subject::Host, "*.acme.com").as_deref(),
            Some("example.acme.com")
        );
        for pattern in ["release/*", "v[0-9].{a,b}?", "a\\*b", "main"] {
            assert!(sample(Subject::Name, pattern).is_some(), "{pattern}");
        }
        assert_eq!(
            sample(Subject::Path, "/srv/prod/**").as_deref(),
            Some("/srv/prod/example")
        );
        assert_eq!(sample(Subject::Name, "{{a,b},c}"), None);
    }

    #[test]
    fn paths_keep_their_segments() {
        assert!(matches(Subject::Path, "/srv/prod/**", "/srv/prod/a/b"));
        assert!(!matches(Subject::Path, "/srv/*/x", "/srv/a/b/x"));
    }

    #[test]
    fn negated_and_broken_patterns_are_refused() {
        assert_eq!(Glob::new(Subject::Name, "!x"), Err(GlobError::Negated));
        assert_eq!(Glob::new(Subject::Host, "a{b"), Err(GlobError::Invalid));
        assert_eq!(Glob::new(Subject::Name, ""), Err(GlobError::Empty));
    }
}
