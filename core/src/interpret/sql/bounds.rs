//! Whether the condition of an `UPDATE` or `DELETE` leaves any row out.

use super::lex::Kind;
use super::seq::Seq;

/// What chooses the rows of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// A condition that can leave rows out.
    Condition,
    /// No condition, or one that always holds.
    Nothing,
}

/// What bounds the rows that `seq`, an `UPDATE` or `DELETE`, touches.
#[must_use]
pub fn bound(seq: &Seq<'_>) -> Bound {
    let limited = seq.find(1, &["limit", "top"]).is_some();
    let Some(at) = seq.find(1, &["where"]) else {
        // An inner join chooses rows as well.
        let joined = seq.find(1, &["on"]).is_some() && seq.find(1, &["join"]).is_some();
        return if limited || joined {
            Bound::Condition
        } else {
            Bound::Nothing
        };
    };
    let start = at.saturating_add(1);
    let end = seq
        .find(
            start,
            &["returning", "order", "limit", "option", "settings"],
        )
        .unwrap_or(seq.tokens.len());
    if always(&seq.part(start..end), 0) && !limited {
        Bound::Nothing
    } else {
        Bound::Condition
    }
}

/// Whether a condition holds for every row, as far as its form tells.
fn always(condition: &Seq<'_>, depth: usize) -> bool {
    if depth > 8 {
        return false;
    }
    let deeper = depth.saturating_add(1);
    if condition.tokens.is_empty() {
        return true;
    }
    let either = split(condition, &["or", "xor"], b'|');
    if either.len() > 1 {
        return either.iter().any(|one| always(one, deeper)) || complementary(&either);
    }
    let both = split(condition, &["and"], b'&');
    if both.len() > 1 {
        return both.iter().all(|one| always(one, deeper));
    }
    let last = condition.tokens.len().saturating_sub(1);
    if condition.mark(0, b'(') && condition.close(0) == last {
        return always(&condition.part(1..last), deeper);
    }
    if condition.is(0, "not") || condition.mark(0, b'!') {
        return never(&condition.from(1), deeper);
    }
    constant(condition) == Some(true)
}

fn never(condition: &Seq<'_>, depth: usize) -> bool {
    let last = condition.tokens.len().saturating_sub(1);
    if depth <= 8 && condition.mark(0, b'(') && condition.close(0) == last {
        return never(&condition.part(1..last), depth.saturating_add(1));
    }
    constant(condition) == Some(false)
}

/// What a condition says that depends on no row; `None` when it depends on some, or is not known.
fn constant(condition: &Seq<'_>) -> Option<bool> {
    let tokens = condition.tokens.len();
    if tokens == 1 {
        return match condition.kind(0)? {
            Kind::Number => Some(number(condition.raw(0))? != 0.0),
            Kind::Text => Some(matches!(
                condition.content(0).to_lowercase().as_str(),
                "t" | "true" | "1" | "yes" | "on" | "y"
            )),
            Kind::Word if condition.is(0, "true") => Some(true),
            Kind::Word if condition.is_any(0, &["false", "null"]) => Some(false),
            _ => None,
        };
    }
    // `EXISTS (SELECT 1)` with no table in it.
    if condition.is(0, "exists") && condition.is(2, "select") {
        let rows = (0..tokens).any(|at| condition.is_any(at, &["from", "where", "limit"]));
        return (!rows).then_some(true);
    }
    let (at, width) = operator(condition)?;
    let left = condition.part(0..at);
    let right = condition.from(at.saturating_add(width));
    let same = same(&left, &right);
    let comparison: String = (at..at.saturating_add(width))
        .map(|index| condition.raw(index).to_lowercase())
        .collect();
    if let (Some(left), Some(right)) = (literal(&left), literal(&right)) {
        let order = compare(&left, &right);
        return Some(match comparison.as_str() {
            "=" | "==" | "is" | "<=>" => order.is_eq(),
            "<>" | "!=" | "isnot" => order.is_ne(),
            "<" => order.is_lt(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            ">=" => order.is_ge(),
            "like" | "ilike" => {
                right.chars().all(|c| c == '%') || left.eq_ignore_ascii_case(&right)
            }
            _ => return None,
        });
    }
    // A column is itself in every row where it is not null, and any text is like `%`.
    match comparison.as_str() {
        "=" | "==" | "<=" | ">=" | "<=>" if same => Some(true),
        "like" | "ilike" => literal(&right)
            .filter(|pattern| !pattern.is_empty() && pattern.chars().all(|c| c == '%'))
            .map(|_| true),
        _ => None,
    }
}

/// `x IS NULL OR x IS NOT NULL`, `a = 1 OR a <> 1`.
fn complementary(either: &[Seq<'_>]) -> bool {
    let [one, other] = either else {
        return false;
    };
    let opposed = |left: &str, right: &str| {
        matches!(
            (left, right),
            ("isnull", "isnotnull")
                | ("isnotnull", "isnull")
                | ("=", "<>" | "!=")
                | ("<>" | "!=", "=")
        )
    };
    let text = |seq: &Seq<'_>| -> String {
        (1..seq.tokens.len())
            .map(|at| seq.raw(at).to_lowercase())
            .collect()
    };
    if !seq_eq(&one.part(0..1), &other.part(0..1)) {
        return false;
    }
    if opposed(&text(one), &text(other)) {
        return true;
    }
    let (Some((at, width)), Some((also, wide))) = (operator(one), operator(other)) else {
        return false;
    };
    let sign = |seq: &Seq<'_>, at: usize, width: usize| -> String {
        (at..at.saturating_add(width))
            .map(|index| seq.raw(index))
            .collect()
    };
    opposed(&sign(one, at, width), &sign(other, also, wide))
        && seq_eq(
            &one.from(at.saturating_add(width)),
            &other.from(also.saturating_add(wide)),
        )
}

/// The parts of a condition between the words or the doubled mark.
fn split<'a>(seq: &Seq<'a>, words: &[&str], doubled: u8) -> Vec<Seq<'a>> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut between = false;
    for index in seq.outermost(0) {
        if seq.is(index, "between") {
            between = true;
            continue;
        }
        let next = index.saturating_add(1);
        let word = seq.is_any(index, words);
        if word && between && words.contains(&"and") {
            between = false;
            continue;
        }
        let marks = seq.mark(index, doubled) && seq.mark(next, doubled);
        if word || marks {
            parts.push(seq.part(start..index));
            start = if marks { next.saturating_add(1) } else { next };
        }
    }
    parts.push(seq.from(start));
    parts
}

/// The comparison that stands outside brackets: its place and number of tokens.
fn operator(seq: &Seq<'_>) -> Option<(usize, usize)> {
    let sign = |index| matches!(seq.kind(index), Some(Kind::Mark(b'=' | b'<' | b'>' | b'!')));
    let found = seq
        .outermost(0)
        .find(|index| sign(*index) || seq.is_any(*index, &["like", "ilike", "is"]))?;
    let mut end = found.saturating_add(1);
    while sign(found) && sign(end) {
        end = end.saturating_add(1);
    }
    if seq.is(found, "is") && seq.is(end, "not") {
        end = end.saturating_add(1);
    }
    Some((found, end.saturating_sub(found)))
}

fn literal(seq: &Seq<'_>) -> Option<String> {
    if seq.tokens.len() != 1 {
        return None;
    }
    match seq.kind(0)? {
        Kind::Text => Some(seq.content(0).into_owned()),
        Kind::Number => Some(seq.raw(0).to_owned()),
        Kind::Word if seq.is_any(0, &["true", "false", "null"]) => Some(seq.raw(0).to_lowercase()),
        _ => None,
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

fn compare(left: &str, right: &str) -> std::cmp::Ordering {
    match (number(left), number(right)) {
        (Some(left), Some(right)) => left.total_cmp(&right),
        _ => left.cmp(right),
    }
}

/// The same expression on both sides, made of columns, values and calculation only.
fn same(left: &Seq<'_>, right: &Seq<'_>) -> bool {
    let plain = |seq: &Seq<'_>| {
        (0..seq.tokens.len()).all(|at| !matches!(seq.kind(at), Some(Kind::Variable | Kind::Broken)))
    };
    seq_eq(left, right) && plain(left)
}

fn seq_eq(left: &Seq<'_>, right: &Seq<'_>) -> bool {
    left.tokens.len() == right.tokens.len()
        && (0..left.tokens.len()).all(|at| left.raw(at).eq_ignore_ascii_case(right.raw(at)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::sql::Dialect;
    use crate::interpret::sql::lex;

    fn bound_of(condition: &str) -> Bound {
        let text = format!("DELETE FROM t {condition}");
        let tokens = lex::tokens(&text, Dialect::Postgres);
        bound(&Seq {
            text: &text,
            tokens: &tokens,
            outer: None,
        })
    }

    #[test]
    fn conditions_that_always_hold_bound_nothing() {
        for condition in [
            "",
            "WHERE true",
            "WHERE 1=1",
            "WHERE 1 = 1 RETURNING id",
            "WHERE 'a' = 'a'",
            "WHERE (1=1)",
            "WHERE id = 7 OR 1=1",
            "WHERE id = id",
            "WHERE NOT false",
            "WHERE NOT (1=2)",
            "WHERE 1=1 AND true",
            "WHERE 2 > 1",
            "WHERE name LIKE '%'",
            "WHERE a IS NULL OR a IS NOT NULL",
            "WHERE a = 1 OR a <> 1",
            "WHERE EXISTS (SELECT 1)",
            "WHERE 1",
            "WHERE ((true)) OR id IN (1, 2)",
        ] {
            assert_eq!(bound_of(condition), Bound::Nothing, "{condition}");
        }
    }

    #[test]
    fn conditions_on_rows_bound() {
        for condition in [
            "WHERE id = 7",
            "WHERE id > 0",
            "WHERE id BETWEEN 1 AND 2",
            "WHERE a = b",
            "WHERE false",
            "WHERE 1=1 AND id = 7",
            "WHERE name LIKE 'a%'",
            "WHERE id IN (SELECT id FROM x WHERE 1=1)",
            "WHERE created_at < now() - interval '30 days'",
            "WHERE a IS NULL OR b IS NOT NULL",
            "LIMIT 10",
            "WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id)",
            "WHERE id = $1",
        ] {
            assert_eq!(bound_of(condition), Bound::Condition, "{condition}");
        }
    }
}
