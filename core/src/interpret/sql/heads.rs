//! Which statement of the catalogue a run of tokens is, by the words it begins with.

use std::cell::OnceCell;

use super::clauses::Clauses;
use super::lex::Kind;
use super::seq::{Seq, lower};
use crate::catalogue::sql::{Dialect, Head, Heads, Sql, Statement};

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
    let (_, groups) = sql.statements.get(index)?;
    let opening = Opening::of(sql, seq);
    let mut best: Option<Recognised> = None;
    let mut words = 0;
    for (heads, at) in opening.reached(groups) {
        for head in heads {
            if head.statement.dialects & dialect.bit() == 0
                || (best.is_some() && head.rest.len() < words)
            {
                continue;
            }
            let rest = head.rest.get(1..).unwrap_or_default();
            let Some(taken) = opening.taken(rest, at) else {
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

/// The first words of a statement, read once for all heads.
struct Opening<'a> {
    sql: &'a Sql,
    seq: &'a Seq<'a>,
    /// For each token the one after it, when it may stand anywhere in a head.
    after_noise: [OnceCell<Option<usize>>; Opening::TOKENS],
}

impl<'a> Opening<'a> {
    /// Most tokens that are looked at.
    const TOKENS: usize = 12;

    fn of(sql: &'a Sql, seq: &'a Seq<'a>) -> Self {
        Self {
            sql,
            seq,
            after_noise: Default::default(),
        }
    }

    /// The word at `at`, as far as words are looked at.
    fn word(&self, at: usize) -> Option<&'a str> {
        let within = at < self.seq.tokens.len().min(Self::TOKENS);
        within.then(|| self.seq.word(at))
    }

    fn after_noise(&self, at: usize) -> Option<usize> {
        let after = self.after_noise.get(at)?;
        *after.get_or_init(|| skip_noise(self.sql, self.seq, at))
    }

    /// The groups of heads whose second word stands here, and the places behind it.
    fn reached(&self, groups: Heads) -> Vec<(&'static [Head], usize)> {
        let mut reached = Vec::new();
        let group = |word: &str| {
            let at = groups.binary_search_by(|(second, _)| (*second).cmp(word));
            at.ok()
                .and_then(|at| groups.get(at))
                .map(|(_, heads)| *heads)
        };
        // Heads of one word.
        reached.extend(group("").map(|heads| (heads, 1)));
        let mut at = 1_usize;
        let mut buffer = [0; 32];
        let mut any = group("*");
        while let Some(word) = self.word(at) {
            let next = at.saturating_add(1);
            let word = lower(word, &mut buffer);
            let named = group(word).filter(|_| !word.is_empty());
            let known = |heads: &&[Head]| reached.iter().any(|(one, _)| std::ptr::eq(*one, *heads));
            let named = named.filter(|heads| !known(heads));
            reached.extend(named.map(|heads| (heads, next)));
            reached.extend(any.take().map(|heads| (heads, next)));
            match self.after_noise(at) {
                Some(after) => at = after,
                None => break,
            }
        }
        reached
    }

    /// How many tokens a head takes, the rest of whose words may stand from `at` on.
    fn taken(&self, rest: &[&str], mut at: usize) -> Option<usize> {
        for word in rest {
            while !(self.word(at)?.eq_ignore_ascii_case(word) || *word == "*") {
                at = self.after_noise(at)?;
            }
            at = at.saturating_add(1);
        }
        Some(at)
    }
}

/// The place after a word that may stand anywhere in a head: `OR REPLACE`, `DEFINER = x@y`.
pub(super) fn skip_noise(sql: &Sql, seq: &Seq<'_>, at: usize) -> Option<usize> {
    let word = seq.word(at);
    let next = at.saturating_add(1);
    if !word.is_empty() && seq.mark(next, b'=') {
        let mut end = at.saturating_add(3);
        while seq.mark(end, b'@') || seq.kind(end) == Some(Kind::Variable) {
            let two = if seq.mark(end, b'@') { 2 } else { 1 };
            end = end.saturating_add(two);
        }
        return Some(end);
    }
    let mut noise = sql.noise.iter();
    noise
        .any(|one| one.eq_ignore_ascii_case(word))
        .then_some(next)
}

/// Whether a plain word is `word` of the catalogue, which may end in `*`.
pub(super) fn word_fits(plain: &str, word: &str) -> bool {
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
