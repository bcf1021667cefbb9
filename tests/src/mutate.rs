//! Texts changed by chance, as a fuzzer does that sees nothing of the program.

use crate::lines::Chance;

/// Longest text that is made.
const LONGEST: usize = 2_000;
/// What is put into texts: what opens, closes, quotes, joins or hides something.
const PIECES: [&str; 64] = [
    "'", "\"", "`", "$(", ")", "(", "{", "}", "[", "]", "|", "||", "&&", "&", ";", "\n", "#", "--",
    "/*", "*/", "//", "\\", "$", "${x}", "$x", "<<E\n", "\nE\n", "<(", ">", ">>", "2>&1", "*", "?",
    "~", "/", "..", "=", ",", ":", "@", "!", "%", " ", "\t", "\u{a0}", "\u{202e}", "é", "\0", "-",
    "--x=", "-rf ", "sudo ", "env ", "bash -c ", "eval ", "xargs ", "true", "null", "0", "1", "$$",
    "@(", "%x%", "go\n",
];

/// One of the texts, changed in one to four places.
///
/// # Panics
/// When there are no texts.
#[must_use]
pub fn changed(texts: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut text = texts[chance.below(texts.len())].clone();
    for _ in 0..=chance.below(4) {
        change(&mut text, &texts[chance.below(texts.len())], chance);
    }
    text.truncate(LONGEST);
    String::from_utf8_lossy(&text).into_owned().into_bytes()
}

fn change(text: &mut Vec<u8>, other: &[u8], chance: &mut Chance) {
    let range = |text: &[u8], chance: &mut Chance| {
        let start = chance.below(text.len() + 1);
        let length = chance.below(24).min(text.len() - start);
        start..start + length
    };
    let at = chance.below(text.len() + 1);
    match chance.below(7) {
        0 => drop(text.drain(range(text, chance))),
        1 => {
            let again = text[range(text, chance)].to_vec();
            text.splice(at..at, again);
        }
        2 => {
            text.truncate(at);
            text.extend_from_slice(&other[chance.below(other.len() + 1)..]);
        }
        3 => {
            let piece = other[range(other, chance)].to_vec();
            text.splice(at..at, piece);
        }
        4 => text.truncate(at),
        _ => {
            let piece = PIECES[chance.below(PIECES.len())].bytes();
            text.splice(at..at, piece);
        }
    }
}
