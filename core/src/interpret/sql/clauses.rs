//! The runs of words in a statement that say more of it than its head.

use super::heads::word_fits;
use super::lex::Kind;
use super::seq::Seq;
use crate::catalogue::sql::Sql;

/// Most words of one statement that may begin a clause; one with more is not recognised.
const CLAUSES: usize = 512;

/// The places of a statement where runs of words may begin that say more of it.
pub(super) struct Clauses<'a> {
    sql: &'a Sql,
    seq: &'a Seq<'a>,
    /// The tokens outside brackets.
    places: Vec<usize>,
    /// The first words of runs, by their numbers, and which of the places they stand at; sorted.
    begins: Vec<(usize, usize)>,
    /// A bit for each letter that one of these begins with.
    letters: u32,
}

impl<'a> Clauses<'a> {
    /// `None`: there are too many.
    pub(super) fn of(sql: &'a Sql, seq: &'a Seq<'a>) -> Option<Self> {
        let places: Vec<usize> = seq.outermost(0).collect();
        let mut begins = Vec::new();
        let mut letters = 0;
        for (order, index) in places.iter().enumerate() {
            let word = seq.word(*index);
            // A part of a dotted name begins nothing.
            let dotted = || {
                let before = index.checked_sub(1);
                before.is_some_and(|before| seq.mark(before, b'.'))
            };
            if word.len() < 2 {
                continue;
            }
            let numbers = clause(sql, word).into_iter().chain(families(sql, word));
            for number in numbers.filter(|_| !dotted()) {
                begins.push((number, order));
                letters |= letter_bit(word);
            }
            if begins.len() > CLAUSES {
                return None;
            }
        }
        begins.sort_unstable();
        Some(Self {
            sql,
            seq,
            places,
            begins,
            letters,
        })
    }

    /// Whether the words stand one after the other. `'` is any text; texts and numbers count as words
    /// behind the first.
    pub(super) fn hold(&self, words: &[&str]) -> bool {
        let Some((first, rest)) = words.split_first() else {
            return true;
        };
        if self.letters & letter_bit(first) == 0 {
            return false;
        }
        let number = match first.strip_suffix('*') {
            Some(begin) => {
                let mut families = self.sql.clause_families.iter();
                let at = families.position(|family| *family == begin);
                at.map(|at| self.sql.clauses.len().saturating_add(at))
            }
            None => clause(self.sql, first),
        };
        let Some(number) = number else {
            return false;
        };
        let fit = |order: usize, word: &str| {
            let place = self.places.get(order);
            place.is_some_and(|index| fits(self.seq, *index, word))
        };
        let follows = |order: usize| {
            let mut words = rest.iter().enumerate();
            words.all(|(offset, word)| fit(order.saturating_add(offset).saturating_add(1), word))
        };
        let start = self.begins.partition_point(|(one, _)| *one < number);
        let begins = self.begins.get(start..).unwrap_or_default().iter();
        begins
            .take_while(|(one, _)| *one == number)
            .any(|(_, order)| follows(*order))
    }
}

fn letter_bit(word: &str) -> u32 {
    letter(word)
        .and_then(|at| 1_u32.checked_shl(at))
        .unwrap_or(0)
}

/// The place in the alphabet of the first letter.
fn letter(word: &str) -> Option<u32> {
    let first = word.bytes().next()?.to_ascii_lowercase();
    first.checked_sub(b'a').map(u32::from)
}

/// The number of the clause that begins with this word.
fn clause(sql: &Sql, word: &str) -> Option<usize> {
    let letter = usize::try_from(letter(word)?).ok()?;
    let start = *sql.clause_letters.get(letter)?;
    let end = *sql.clause_letters.get(letter.saturating_add(1))?;
    let (start, end) = (usize::from(start), usize::from(end));
    let mut words = sql.clauses.get(start..end)?.iter();
    let at = words.position(|clause| clause.eq_ignore_ascii_case(word))?;
    Some(start.saturating_add(at))
}

/// The numbers of the families of clauses that this word belongs to; they follow those of the clauses.
fn families<'a>(sql: &'a Sql, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let families = sql.clause_families.iter().enumerate();
    let member = move |begin: &str| {
        let start = word.get(..begin.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(begin))
    };
    families
        .filter(move |(_, begin)| member(begin))
        .map(|(at, _)| sql.clauses.len().saturating_add(at))
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
