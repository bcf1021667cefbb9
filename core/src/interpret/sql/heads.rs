//! Which statement of the catalogue a run of tokens is, by the words it begins with.

use std::collections::BTreeMap;

use super::lex::Kind;
use super::seq::{Seq, holds, lower};
use crate::catalogue::sql::{Dialect, Head, Sql, Statement};

/// A statement recognised.
#[derive(Debug)]
pub struct Recognised {
    /// What it means; several when it does several things at once.
    pub statements: Vec<&'static Statement>,
    /// How many tokens its head takes.
    pub head: usize,
}

/// Recognises the statement that `seq` begins with. Of the heads that fit the longest wins; of its
/// statements all whose words are found count, or the one that needs none.
#[must_use]
pub fn recognise(sql: &'static Sql, seq: &Seq<'_>, dialect: Dialect) -> Option<Recognised> {
    let mut buffer = [0; 32];
    let first = lower(seq.word(0), &mut buffer);
    let index = sql
        .statements
        .binary_search_by(|(word, _)| (*word).cmp(first))
        .ok()?;
    let (_, heads) = sql.statements.get(index)?;
    let mut best: Option<Recognised> = None;
    let mut words = 0;
    let opening = Opening::of(sql, seq);
    let fitting = heads
        .iter()
        .filter(|head| head.statement.dialects & dialect.bit() != 0);
    for head in fitting {
        if best.is_some() && head.rest.len() < words {
            continue;
        }
        let Some(taken) = opening.taken(head) else {
            continue;
        };
        match &mut best {
            Some(best) if head.rest.len() == words => best.statements.push(head.statement),
            _ => {
                words = head.rest.len();
                best = Some(Recognised {
                    statements: vec![head.statement],
                    head: taken,
                });
            }
        }
    }
    let mut found = best?;
    if found.statements.iter().any(|one| !one.has.is_empty()) {
        let rest = seq.from(found.head.saturating_sub(1));
        let clauses = Clauses::of(sql, &rest)?;
        let holds = |runs: &[&[&str]]| runs.iter().any(|run| clauses.hold(run));
        let (mut chosen, general): (Vec<&'static Statement>, Vec<&'static Statement>) = found
            .statements
            .iter()
            .copied()
            .partition(|one| !one.has.is_empty());
        chosen.retain(|one| holds(one.has) && !holds(one.without));
        found.statements = if chosen.is_empty() { general } else { chosen };
    }
    Some(found)
}

/// Most words of one statement that may begin a clause; one with more is not recognised.
const CLAUSES: usize = 512;

/// The places of a statement where runs of words may begin that say more of it.
struct Clauses<'a> {
    seq: &'a Seq<'a>,
    /// The tokens outside brackets.
    places: Vec<usize>,
    /// Which of these begin a clause, by their words as written.
    begins: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Clauses<'a> {
    /// `None`: there are too many.
    fn of(sql: &Sql, seq: &'a Seq<'a>) -> Option<Self> {
        let places: Vec<usize> = seq.outermost(0).collect();
        let mut begins: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut count = 0_usize;
        let mut buffer = [0; 32];
        for (order, index) in places.iter().enumerate() {
            let word = lower(seq.word(*index), &mut buffer);
            // A part of a dotted name begins nothing.
            let dotted = index
                .checked_sub(1)
                .is_some_and(|before| seq.mark(before, b'.'));
            if word.len() < 2 || dotted {
                continue;
            }
            let mut families = sql.clause_families.iter();
            if holds(sql.clauses, word) || families.any(|start| word.starts_with(start)) {
                begins.entry(seq.word(*index)).or_default().push(order);
                count = count.saturating_add(1);
            }
            if count > CLAUSES {
                return None;
            }
        }
        Some(Self {
            seq,
            places,
            begins,
        })
    }

    /// Whether the words stand one after the other. `'` is any text; texts and numbers count as words
    /// behind the first.
    fn hold(&self, words: &[&str]) -> bool {
        let Some((first, rest)) = words.split_first() else {
            return true;
        };
        let fit = |order: usize, word: &str| {
            let place = self.places.get(order);
            place.is_some_and(|index| fits(self.seq, *index, word))
        };
        let follows = |order: usize| {
            let words = rest.iter().enumerate();
            let mut fits = words
                .map(|(offset, word)| fit(order.saturating_add(offset).saturating_add(1), word));
            fits.all(|fits| fits)
        };
        let mut begins = self.begins.iter();
        begins.any(|(word, orders)| {
            word_fits(word, first) && orders.iter().any(|order| follows(*order))
        })
    }
}

/// The first words of a statement, read once for all heads.
struct Opening {
    words: Vec<OpeningWord>,
}

/// One token behind the first word.
struct OpeningWord {
    text: [u8; 32],
    length: usize,
    /// The token after it, when it may stand anywhere in a head.
    after_noise: Option<usize>,
}

impl Opening {
    /// Most tokens that are looked at.
    const TOKENS: usize = 12;

    fn of(sql: &Sql, seq: &Seq<'_>) -> Self {
        let end = seq.tokens.len().min(Self::TOKENS);
        let words = (1..end).map(|at| {
            let mut text = [0; 32];
            let length = lower(seq.word(at), &mut text).len();
            OpeningWord {
                text,
                length,
                after_noise: skip_noise(sql, seq, at),
            }
        });
        Self {
            words: words.collect(),
        }
    }

    /// How many tokens the head takes, when it fits.
    fn taken(&self, head: &Head) -> Option<usize> {
        let mut at = 1_usize;
        for word in head.rest {
            loop {
                let here = self.words.get(at.checked_sub(1)?)?;
                let text = here.text.get(..here.length).unwrap_or_default();
                if text == word.as_bytes() || *word == "*" {
                    at = at.saturating_add(1);
                    break;
                }
                at = here.after_noise?;
            }
        }
        Some(at)
    }
}

/// The place after a word that may stand anywhere in a head: `OR REPLACE`, `DEFINER = x@y`.
pub(super) fn skip_noise(sql: &Sql, seq: &Seq<'_>, at: usize) -> Option<usize> {
    let mut buffer = [0; 32];
    let word = lower(seq.word(at), &mut buffer);
    let next = at.saturating_add(1);
    if !word.is_empty() && seq.mark(next, b'=') {
        let mut end = at.saturating_add(3);
        while seq.mark(end, b'@') || seq.kind(end) == Some(Kind::Variable) {
            let two = if seq.mark(end, b'@') { 2 } else { 1 };
            end = end.saturating_add(two);
        }
        return Some(end);
    }
    sql.noise.contains(&word).then_some(next)
}

/// Whether a plain word is `word` of the catalogue, which may end in `*`.
fn word_fits(plain: &str, word: &str) -> bool {
    match word.strip_suffix('*') {
        Some(begin) => {
            let start = plain.get(..begin.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(begin))
        }
        None => {
            plain.eq_ignore_ascii_case(word) || (word == "=" && plain.eq_ignore_ascii_case("to"))
        }
    }
}

fn fits(seq: &Seq<'_>, index: usize, word: &str) -> bool {
    match (seq.kind(index), word) {
        (Some(Kind::Text), "'") => true,
        (Some(Kind::Text), "''") => seq.content(index).is_empty(),
        (Some(Kind::Word | Kind::Name | Kind::Number), "*") => true,
        (Some(Kind::Word), word) => word_fits(seq.raw(index), word),
        (Some(Kind::Text | Kind::Name), word) => seq.content(index).eq_ignore_ascii_case(word),
        (Some(Kind::Number | Kind::Mark(_)), word) => seq.raw(index) == word,
        _ => false,
    }
}
