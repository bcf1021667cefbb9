//! What people see.

pub mod decision;
pub mod excerpt;
pub mod redact;
pub mod style;

use std::fmt::Display;

/// Says what went wrong and what to do.
pub fn error(error: &impl Display) {
    use style::ERROR;
    anstream::eprintln!("{ERROR}error{ERROR:#}: {error}");
}

/// Says what people should know although it stops nothing.
pub fn notes(notes: &[String]) {
    use style::NOTE;
    for note in notes {
        anstream::eprintln!("{NOTE}note{NOTE:#}: {note}");
    }
}

/// Breaks `text` into lines of at most `width` characters, at spaces where there are some.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + word.len() > width {
            lines.push(String::new());
            used = 0;
        }
        while word.len() > width {
            let rest = word.split_off(width);
            push(&mut lines, word.iter());
            lines.push(String::new());
            word = rest;
        }
        if used > 0 {
            push(&mut lines, std::iter::once(&' '));
            used += 1;
        }
        push(&mut lines, word.iter());
        used += word.len();
    }
    lines
}

fn push<'a>(lines: &mut [String], characters: impl Iterator<Item = &'a char>) {
    if let Some(line) = lines.last_mut() {
        line.extend(characters);
    }
}

/// `text` without characters that move the cursor or colour the terminal.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_at_spaces_and_long_words_are_cut() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("a abcdefghij b", 4), ["a", "abcd", "efgh", "ij b"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn nothing_reaches_the_terminal_but_text() {
        assert_eq!(plain("a\u{1b}[2Jb\r"), "a\u{fffd}[2Jb\u{fffd}");
    }
}
