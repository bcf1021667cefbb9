//! The globs of catalogue conditions and names. Matching allocates nothing: it runs for every call.

use std::str::Chars;

use memchr::{memchr_iter, memmem};

/// From so many bytes on a search is worth being prepared.
const LONG: usize = 256;

/// Whether `text` matches `glob`, where `*` is any run of characters, `?` any one and `[a-z_]` one
/// of these. `[]` stands for itself: an empty list.
#[must_use]
#[inline]
pub fn wildcard(glob: &str, text: &str) -> bool {
    let (glob_bytes, bytes) = (glob.as_bytes(), text.as_bytes());
    let differ = |glob: Option<&u8>, text: Option<&u8>| {
        glob.is_some_and(|byte| !matches!(byte, b'*' | b'?' | b'[' | b']')) && glob != text
    };
    // Nearly all are told apart by their first or last byte.
    !differ(glob_bytes.last(), bytes.last())
        && !differ(glob_bytes.first(), bytes.first())
        && matches(glob, text)
}

fn matches(glob: &str, text: &str) -> bool {
    if is_told_apart(glob.bytes().rev(), text.bytes().rev()) {
        return false;
    }
    let mut glob = glob.chars();
    let mut text = text.chars();
    let mut star: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        let mut rest = glob.clone();
        match Element::take(&mut rest) {
            Some(Element::Run) => {
                let Some(from) = taken_by_run(rest.as_str(), &text) else {
                    return false;
                };
                glob = rest;
                text = from;
                star = Some((glob.clone(), text.clone()));
                continue;
            }
            Some(element) => {
                let mut after = text.clone();
                if after.next().is_some_and(|c| element.takes(c)) {
                    glob = rest;
                    text = after;
                    continue;
                }
            }
            None if text.as_str().is_empty() => return true,
            None => {}
        }
        // Let the last `*` take one more character.
        let Some((behind_star, taken)) = &mut star else {
            return false;
        };
        if taken.next().is_none() {
            return false;
        }
        let Some(from) = taken_by_run(behind_star.as_str(), taken) else {
            return false;
        };
        *taken = from.clone();
        glob = behind_star.clone();
        text = from;
    }
}

/// Whether the fixed text that a glob begins with is not what the text begins with.
fn is_told_apart(glob: impl Iterator<Item = u8>, mut text: impl Iterator<Item = u8>) -> bool {
    for byte in glob {
        if matches!(byte, b'*' | b'?' | b'[' | b']') {
            return false;
        }
        if text.next() != Some(byte) {
            return true;
        }
    }
    false
}

/// The text from where it goes on with the characters that stand behind a `*`; texts may be long.
fn taken_by_run<'t>(behind: &str, text: &Chars<'t>) -> Option<Chars<'t>> {
    let mut bytes = behind.bytes();
    let end = bytes.position(|byte| matches!(byte, b'*' | b'?' | b'['));
    let fixed = behind.get(..end.unwrap_or(behind.len()))?.as_bytes();
    let text = text.as_str();
    if text.len() > LONG {
        let at = memmem::find(text.as_bytes(), fixed)?;
        return text.get(at..).map(str::chars);
    }
    // Fixed texts are short: to prepare a search would take longer than most of them do.
    let at = match fixed.first() {
        Some(first) => memchr_iter(*first, text.as_bytes()).find(|at| {
            let rest = text.as_bytes().get(*at..);
            rest.is_some_and(|rest| rest.starts_with(fixed))
        })?,
        None => 0,
    };
    text.get(at..).map(str::chars)
}

/// One element of a glob.
enum Element<'a> {
    Run,
    Any,
    One(char),
    Of(&'a str),
}

impl<'a> Element<'a> {
    fn take(glob: &mut Chars<'a>) -> Option<Self> {
        Some(match glob.next()? {
            '*' => Self::Run,
            '?' => Self::Any,
            '[' => match glob.as_str().split_once(']') {
                Some((inside, rest)) if !inside.is_empty() => {
                    *glob = rest.chars();
                    Self::Of(inside)
                }
                _ => Self::One('['),
            },
            c => Self::One(c),
        })
    }

    fn takes(&self, c: char) -> bool {
        match self {
            Self::Run => false,
            Self::Any => true,
            Self::One(one) => *one == c,
            Self::Of(inside) => is_in_class(c, inside),
        }
    }
}

/// Whether `c` is in a class such as `a-z_`; a dash at either end stands for itself.
fn is_in_class(c: char, class: &str) -> bool {
    let mut rest = class.chars();
    while let Some(low) = rest.next() {
        let mut range = rest.clone();
        match (range.next(), range.next()) {
            (Some('-'), Some(high)) => {
                if (low..=high).contains(&c) {
                    return true;
                }
                rest = range;
            }
            _ if low == c => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::wildcard;

    #[test]
    fn globs_know_runs_single_characters_and_classes() {
        for (glob, text, fits) in [
            ("*.[sS][sS][hH]*=*", "core.SSHCommand=x", true),
            ("*.[sS][sS][hH]*=*", "user.name=ssh", false),
            ("[2-7][0-7][0-7][0-7]", "4755", true),
            ("[2-7][0-7][0-7][0-7]", "0755", false),
            ("[*].[*]", "*.*", true),
            ("[*].[*]", "a.b", false),
            ("*[+=]*s*", "u+s", true),
            ("[a", "[a", true),
            ("[a-]", "-", true),
            ("?", "", false),
            ("[]", "[]", true),
            ("[]", "[1]", false),
            ("*ab*ab", "abxab", true),
            ("*ab*ab", "xab", false),
            ("a*ab?", "aabaabc", true),
            ("*a?c", "abcaxc", true),
            ("*é*", "caféx", true),
            ("**b", "aab", true),
        ] {
            assert_eq!(wildcard(glob, text), fits, "{glob} {text}");
        }
    }
}
