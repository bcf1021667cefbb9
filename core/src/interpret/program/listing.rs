//! The paths that a program prints: those that find looks for, and those of programs that list.

use crate::interpret::acts;
use crate::interpret::value::{Origin, Piece, Value};
use crate::interpret::words::Words;
use crate::limits;

/// The values a placeholder such as find's `{}` stands for: below each start, with the name asked for.
pub(super) fn found_by(words: &Words<'_>, value: &Value, placeholder: &str) -> Vec<Value> {
    let text = value.known_text().unwrap_or_default();
    let (before, after) = text.split_once(placeholder).unwrap_or((&text, ""));
    let found = listed(words, value.span);
    if before.is_empty() && after.is_empty() {
        return found;
    }
    // Put into a longer word, such as `file=@{}`.
    found
        .iter()
        .map(|path| within(before, path, after))
        .collect()
}

/// A path between two texts.
fn within(before: &str, path: &Value, after: &str) -> Value {
    let mut word = Value::literal(before).at(path.span);
    word.pieces.extend(path.pieces.iter().cloned());
    word.pieces.extend(Value::literal(after).pieces);
    word
}

/// The paths that a program prints which does not look for names, as far as it surely does.
pub(super) fn paths(words: &Words<'_>, span: (u32, u32)) -> Option<Vec<Value>> {
    let mut listings = words.command.lists.iter();
    let listing = listings.find(|one| {
        one.when
            .iter()
            .all(|condition| acts::surely_holds(condition, words))
    })?;
    if !words.undescribed.is_empty() {
        return None;
    }
    let found = listing
        .from
        .iter()
        .map(|source| acts::yielded(*source, words));
    let found = found
        .into_iter()
        .find(|found| found.incomplete || !found.values.is_empty())?;
    if found.incomplete {
        return None;
    }
    let path = |mut start: Value| {
        if listing.below {
            start.pieces.push(pattern("/**"));
        }
        start.at(span)
    };
    Some(found.values.into_iter().map(path).collect())
}

fn pattern(text: &str) -> Piece {
    Piece {
        text: Some(text.to_owned()),
        origin: Origin::Literal,
        pattern: true,
    }
}

/// The paths find lists; of more than a call may have actions it is not told which.
pub(super) fn listed(words: &Words<'_>, span: (u32, u32)) -> Vec<Value> {
    let mut starts = words.operands.clone();
    if starts.is_empty() {
        starts.push(Value::literal("."));
    }
    let mut patterns = patterns_of(words);
    if starts.len().saturating_mul(patterns.len()) > limits::ACTIONS {
        patterns = vec!["/**".to_owned()];
    }
    if starts.len() > limits::ACTIONS {
        starts.truncate(limits::ACTIONS);
        starts.push(Value::unseen(Origin::Unseen));
    }
    starts
        .iter()
        .flat_map(|start| {
            patterns.iter().map(|pattern| {
                let mut found = start.clone();
                found.pieces.push(self::pattern(pattern));
                found.at(span)
            })
        })
        .collect()
}

/// What find's tests by name let through, below a start: everything, unless names bound it.
fn patterns_of(words: &Words<'_>) -> Vec<String> {
    let everything = vec!["/**".to_owned()];
    let mut patterns = Vec::new();
    let mut negated = false;
    let mut bounded = 0_usize;
    let grouped = words.options.iter().any(|(opt, _)| opt.id == "(");
    for (opt, value) in &words.options {
        match opt.role {
            // Outside parentheses, `-name a -o -exec` acts on what is not `a`.
            "alternative" if !grouped && patterns.len() == bounded => return everything,
            "alternative" if !grouped => bounded = patterns.len(),
            "name" if !negated => match value.known_text() {
                // `-path './x/*'` and `-path '*/x/*'` say where below the start.
                Some(path) if path.contains('/') => {
                    let below = path.trim_start_matches(['.', '*']).trim_start_matches('/');
                    patterns.push(format!("/**/{below}"));
                }
                Some(name) => patterns.push(format!("/**/{name}")),
                None => return everything,
            },
            _ if negated && opt.id == "(" => return everything,
            _ => {}
        }
        negated = opt.role == "negates";
    }
    if patterns.len() == bounded {
        return everything;
    }
    patterns
}
