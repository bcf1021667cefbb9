//! A piece of the input with a mark under it, secrets hidden.

use checkrein::action::Span;
use serde_json::{Map, Value};

use super::redact::{MASK, Redactor};

/// Most lines of input that are shown for one span.
const LINES: usize = 3;

/// A line of input and the mark under it.
#[derive(Debug, PartialEq, Eq)]
pub struct Marked {
    /// The line.
    pub line: String,
    /// Spaces and carets; as wide as the line or narrower.
    pub mark: String,
}

/// The lines of the span's argument that it covers, at most `width` characters each.
pub fn excerpt(
    arguments: &Map<String, Value>,
    span: &Span,
    redactor: &Redactor<'_>,
    width: usize,
) -> Vec<Marked> {
    let Some(text) = argument(arguments, &span.argument) else {
        return Vec::new();
    };
    let (start, end) = (span.start as usize, span.end as usize);
    // A span that does not fit the text marks all of it.
    let (start, end) = if start < end && end <= text.len() {
        (start, end)
    } else {
        (0, text.len())
    };
    let cells = cells(text, redactor);
    let mut lines: Vec<Vec<Cell>> = vec![Vec::new()];
    for cell in cells {
        match lines.last_mut() {
            Some(line) if cell.shown != '\n' => line.push(cell),
            _ => lines.push(Vec::new()),
        }
    }
    let marked = |cell: &Cell| cell.start < end && start < cell.end;
    let covered = lines.iter().filter(|line| line.iter().any(marked));
    covered
        .take(LINES)
        .map(|line| mark(line, marked, width))
        .collect()
}

/// A character of the output and the bytes of the input it stands for.
#[derive(Debug, Clone, Copy)]
struct Cell {
    shown: char,
    start: usize,
    end: usize,
}

fn cells(text: &str, redactor: &Redactor<'_>) -> Vec<Cell> {
    let hidden = redactor.hidden(text);
    let mut hidden = hidden.iter().peekable();
    let mut cells = Vec::new();
    let mut masked_until = 0;
    for (at, c) in text.char_indices() {
        if let Some(range) = hidden.next_if(|range| range.start <= at) {
            masked_until = range.end;
            cells.extend(MASK.chars().map(|shown| Cell {
                shown,
                start: range.start,
                end: range.end,
            }));
        }
        if at >= masked_until {
            let shown = if c.is_control() && c != '\n' { ' ' } else { c };
            cells.push(Cell {
                shown,
                start: at,
                end: at + c.len_utf8(),
            });
        }
    }
    cells
}

/// One line, cut around what is marked.
fn mark(line: &[Cell], marked: impl Fn(&Cell) -> bool, width: usize) -> Marked {
    let first = line.iter().position(&marked).unwrap_or(0);
    let from = if line.len() <= width {
        0
    } else {
        first.saturating_sub(width / 4).min(line.len() - width)
    };
    let window = &line[from..line.len().min(from + width)];
    let mut shown: Vec<char> = window.iter().map(|cell| cell.shown).collect();
    if from > 0 {
        shown[0] = '…';
    }
    if let Some(last) = shown.last_mut()
        && from + window.len() < line.len()
    {
        *last = '…';
    }
    let mark: String = window
        .iter()
        .map(|cell| if marked(cell) { '^' } else { ' ' })
        .collect();
    Marked {
        line: shown.into_iter().collect(),
        mark: mark.trim_end().to_owned(),
    }
}

/// The text at a dotted path such as `edits.0.path`; of lists and objects, the first text.
fn argument<'a>(arguments: &'a Map<String, Value>, path: &str) -> Option<&'a str> {
    let mut steps = path.split('.');
    let mut value = arguments.get(steps.next()?)?;
    for step in steps {
        value = match value {
            Value::Object(members) => members.get(step)?,
            Value::Array(items) => items.get(step.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    value.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn marked(
        arguments: Value,
        path: &str,
        start: u32,
        end: u32,
        width: usize,
    ) -> Vec<(String, String)> {
        let Value::Object(arguments) = arguments else {
            panic!("not an object")
        };
        let span = Span {
            argument: path.to_owned().into(),
            start,
            end,
        };
        let marked = excerpt(&arguments, &span, &Redactor::default(), width);
        marked
            .into_iter()
            .map(|marked| (marked.line, marked.mark))
            .collect()
    }

    fn pair(line: &str, mark: &str) -> (String, String) {
        (line.to_owned(), mark.to_owned())
    }

    #[test]
    fn the_span_is_marked_under_its_characters() {
        let call = json!({"command": "é && rm -rf x"});
        assert_eq!(
            marked(call, "command", 6, 14, 80),
            [pair("é && rm -rf x", "     ^^^^^^^^")]
        );
    }

    #[test]
    fn a_hidden_secret_moves_the_mark_along() {
        let call = json!({"command": "token=abc; ls"});
        assert_eq!(
            marked(call, "command", 11, 13, 80),
            [pair("token=‹secret›; ls", "                ^^")]
        );
    }

    #[test]
    fn only_the_lines_that_are_covered_are_shown() {
        let call = json!({"command": "one\ntwo\nthree"});
        assert_eq!(marked(call, "command", 4, 7, 80), [pair("two", "^^^")]);
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let call = json!({"command": format!("{} rm {}", "a".repeat(50), "b".repeat(50))});
        assert_eq!(
            marked(call, "command", 51, 53, 20),
            [pair("…aaa rm bbbbbbbbbbb…", "     ^^")]
        );
    }

    #[test]
    fn a_span_that_does_not_fit_marks_everything_and_nothing_breaks() {
        let call = || json!({"edits": [{"path": "/a"}], "n": 1});
        assert_eq!(marked(call(), "edits.0.path", 5, 2, 80), [pair("/a", "^^")]);
        assert_eq!(
            marked(call(), "edits.0.path", 0, 99, 80),
            [pair("/a", "^^")]
        );
        for path in ["", "n", "edits", "edits.7", "edits.x", "none"] {
            assert!(marked(call(), path, 0, 1, 80).is_empty(), "{path}");
        }
    }
}
