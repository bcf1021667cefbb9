//! Brace expansion, which a shell does before any other.

use super::ast::{Part, Word};
use crate::limits;

/// Most pieces of all words of one expansion together.
const PIECES: usize = 64 * 1024;

/// One unquoted character, or a part that braces do not look into.
#[derive(Clone, Copy)]
enum Atom<'w> {
    Char(char),
    Part(&'w Part),
}

/// The words that `word` stands for. Over the limit: one word that can be anything.
#[must_use]
pub fn expand(word: Word) -> Vec<Word> {
    let braces =
        |part: &Part| matches!(part, Part::Text { text, quoted: false } if text.contains('{'));
    if !word.parts.iter().any(braces) {
        return vec![word];
    }
    let mut atoms = Vec::new();
    for part in &word.parts {
        match part {
            Part::Text {
                text,
                quoted: false,
            } => atoms.extend(text.chars().map(Atom::Char)),
            other => atoms.push(Atom::Part(other)),
        }
    }
    let Some(words) = alternatives(&atoms) else {
        let kept = word
            .parts
            .iter()
            .filter(|part| !matches!(part, Part::Text { .. }))
            .cloned();
        let parts = std::iter::once(Part::Flood).chain(kept).collect();
        return vec![Word {
            parts,
            span: word.span,
        }];
    };
    words
        .iter()
        .map(|atoms| Word {
            parts: parts_of(atoms),
            span: word.span,
        })
        .collect()
}

/// Every word the atoms stand for; `None` when there are too many.
fn alternatives<'w>(atoms: &[Atom<'w>]) -> Option<Vec<Vec<Atom<'w>>>> {
    let Some(group) = Group::find(atoms) else {
        return Some(vec![atoms.to_vec()]);
    };
    let prefix = atoms.get(..group.open).unwrap_or_default();
    let suffixes = alternatives(atoms.get(group.after..).unwrap_or_default())?;
    let mut words = Vec::new();
    let mut pieces = 0_usize;
    for choice in group.choices(atoms)? {
        for middle in alternatives(&choice)? {
            for suffix in &suffixes {
                let word = [prefix, &middle, suffix].concat();
                pieces = pieces.saturating_add(word.len());
                words.push(word);
                if words.len() > limits::BRACE_WORDS || pieces > PIECES {
                    return None;
                }
            }
        }
    }
    Some(words)
}

/// The first brace group that expands.
struct Group {
    open: usize,
    after: usize,
    commas: Vec<usize>,
}

impl Group {
    fn find(atoms: &[Atom<'_>]) -> Option<Self> {
        let opens = atoms
            .iter()
            .enumerate()
            .filter(|(_, atom)| matches!(atom, Atom::Char('{')));
        opens.filter_map(|(open, _)| Self::at(atoms, open)).next()
    }

    fn at(atoms: &[Atom<'_>], open: usize) -> Option<Self> {
        let mut depth = 0_usize;
        let mut commas = Vec::new();
        for (index, atom) in atoms.iter().enumerate().skip(open) {
            match atom {
                Atom::Char('{') => depth = depth.saturating_add(1),
                Atom::Char(',') if depth == 1 => commas.push(index),
                Atom::Char('}') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        let group = Self {
                            open,
                            after: index.saturating_add(1),
                            commas,
                        };
                        let expands = !group.commas.is_empty() || group.range(atoms).is_some();
                        return expands.then_some(group);
                    }
                }
                _ => {}
            }
        }
        None
    }

    fn choices<'w>(&self, atoms: &[Atom<'w>]) -> Option<Vec<Vec<Atom<'w>>>> {
        if self.commas.is_empty() {
            return self.range(atoms)?.words();
        }
        let mut choices = Vec::new();
        let mut start = self.open.saturating_add(1);
        let close = self.after.saturating_sub(1);
        for end in self.commas.iter().copied().chain([close]) {
            choices.push(atoms.get(start..end).unwrap_or_default().to_vec());
            start = end.saturating_add(1);
        }
        Some(choices)
    }

    fn range(&self, atoms: &[Atom<'_>]) -> Option<Range> {
        let inside = atoms.get(self.open.saturating_add(1)..self.after.saturating_sub(1))?;
        let text: String = inside
            .iter()
            .map(|atom| match atom {
                Atom::Char(c) => Some(*c),
                Atom::Part(_) => None,
            })
            .collect::<Option<_>>()?;
        Range::read(&text)
    }
}

/// `{first..last}` or `{first..last..step}`.
struct Range {
    first: i64,
    last: i64,
    step: i64,
    letters: bool,
    width: usize,
}

impl Range {
    fn read(text: &str) -> Option<Self> {
        let mut fields = text.split("..");
        let (first, last) = (fields.next()?, fields.next()?);
        let step = fields
            .next()
            .map_or(Some(1), |step| step.parse::<i64>().ok())?;
        if fields.next().is_some() {
            return None;
        }
        let step = step.saturating_abs().max(1);
        if let (Ok(from), Ok(to)) = (first.parse(), last.parse()) {
            let padded =
                |text: &str| text.trim_start_matches('-').starts_with('0') && text.len() > 1;
            let width = if padded(first) || padded(last) {
                first.len().max(last.len())
            } else {
                0
            };
            return Some(Self {
                first: from,
                last: to,
                step,
                letters: false,
                width,
            });
        }
        let letter = |text: &str| match text.as_bytes() {
            [byte] if byte.is_ascii_alphabetic() => Some(i64::from(*byte)),
            _ => None,
        };
        Some(Self {
            first: letter(first)?,
            last: letter(last)?,
            step,
            letters: true,
            width: 0,
        })
    }

    fn words<'w>(&self) -> Option<Vec<Vec<Atom<'w>>>> {
        let mut words = Vec::new();
        let mut value = self.first;
        let up = self.first <= self.last;
        while if up {
            value <= self.last
        } else {
            value >= self.last
        } {
            let text = match u8::try_from(value) {
                Ok(byte) if self.letters => char::from(byte).to_string(),
                _ => format!("{value:0width$}", width = self.width),
            };
            words.push(text.chars().map(Atom::Char).collect());
            if words.len() > limits::BRACE_WORDS {
                return None;
            }
            value = if up {
                value.checked_add(self.step)?
            } else {
                value.checked_sub(self.step)?
            };
        }
        Some(words)
    }
}

fn parts_of(atoms: &[Atom<'_>]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for atom in atoms {
        match (atom, parts.last_mut()) {
            (
                Atom::Char(c),
                Some(Part::Text {
                    text,
                    quoted: false,
                }),
            ) => text.push(*c),
            (Atom::Char(c), _) => parts.push(Part::Text {
                text: c.to_string(),
                quoted: false,
            }),
            (Atom::Part(part), _) => parts.push((*part).clone()),
        }
    }
    parts
}
