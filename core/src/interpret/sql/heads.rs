//! Which statement of the catalogue a run of tokens is, by the words it begins with.

use super::lex::Kind;
use super::seq::{Seq, lower};
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
    let mut buffer = [0; 24];
    let first = lower(seq.word(0), &mut buffer);
    let index = sql
        .statements
        .binary_search_by(|(word, _)| (*word).cmp(first))
        .ok()?;
    let (_, heads) = sql.statements.get(index)?;
    let mut best: Option<Recognised> = None;
    let mut words = 0;
    let fitting = heads
        .iter()
        .filter(|head| head.statement.dialects & dialect.bit() != 0);
    for head in fitting {
        if best.is_some() && head.rest.len() < words {
            continue;
        }
        let Some(taken) = taken(sql, head, seq) else {
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
        let needs: Vec<usize> = rest.outermost(0).collect();
        let holds = |runs: &[&[&str]]| runs.iter().any(|run| has(&rest, &needs, run));
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

/// How many tokens the head takes, when it fits.
fn taken(sql: &Sql, head: &Head, seq: &Seq<'_>) -> Option<usize> {
    let mut at = 1;
    for word in head.rest {
        loop {
            if seq.is(at, word) || (*word == "*" && seq.kind(at).is_some()) {
                at = at.saturating_add(1);
                break;
            }
            at = skip_noise(sql, seq, at)?;
        }
    }
    Some(at)
}

/// The place after a word that may stand anywhere in a head: `OR REPLACE`, `DEFINER = x@y`.
pub(super) fn skip_noise(sql: &Sql, seq: &Seq<'_>, at: usize) -> Option<usize> {
    let mut buffer = [0; 24];
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

/// Whether the words stand one after the other. `'` is any text; texts and numbers count as words
/// behind the first.
fn has(seq: &Seq<'_>, places: &[usize], words: &[&str]) -> bool {
    let Some((first, rest)) = words.split_first() else {
        return true;
    };
    places.iter().enumerate().any(|(order, index)| {
        fits(seq, *index, first, false)
            && rest.iter().enumerate().all(|(offset, word)| {
                let place = places.get(order.saturating_add(offset).saturating_add(1));
                place.is_some_and(|index| fits(seq, *index, word, true))
            })
    })
}

fn fits(seq: &Seq<'_>, index: usize, word: &str, texts: bool) -> bool {
    match (seq.kind(index), word) {
        (Some(Kind::Text), "'") => true,
        (Some(Kind::Text), "''") => seq.content(index).is_empty(),
        (Some(Kind::Word | Kind::Name | Kind::Number), "*") => true,
        (Some(Kind::Word), word) => match word.strip_suffix('*') {
            Some(begin) => seq
                .raw(index)
                .get(..begin.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(begin)),
            None => seq.is(index, word) || (word == "=" && seq.is(index, "to")),
        },
        (Some(Kind::Text), word) => texts && seq.content(index).eq_ignore_ascii_case(word),
        (Some(Kind::Number | Kind::Mark(_)), word) => seq.raw(index) == word,
        _ => false,
    }
}
