//! What is wrong with the operator's files, and where.

use std::fmt;
use std::ops::Range;

/// Longest part of a line that is shown, in characters.
const SHOWN: usize = 160;

/// One mistake in a policy or inventory file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// The file's name, as it was handed in.
    pub file: String,
    /// Line, from 1; 0 when the mistake has no place in the file.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// How many characters of the line are wrong, from the column on; at least 1.
    pub width: u32,
    /// The bytes of the file that are wrong; nothing when the mistake has no place in the file.
    pub range: Option<Range<usize>>,
    /// The line as it may be shown: values of the inventory are left out.
    pub text: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// Every mistake found while loading. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadErrors(Vec<LoadError>);

impl LoadErrors {
    /// The mistakes, sorted by file and place.
    #[must_use]
    pub fn as_slice(&self) -> &[LoadError] {
        &self.0
    }

    /// The mistakes, sorted by file and place.
    #[must_use]
    pub fn into_vec(self) -> Vec<LoadError> {
        self.0
    }

    /// `errors` as one failure, or `value` when there are none.
    ///
    /// # Errors
    /// When `errors` is not empty.
    pub(crate) fn none_or<T>(mut errors: Vec<LoadError>, value: T) -> Result<T, Self> {
        if errors.is_empty() {
            return Ok(value);
        }
        errors.sort_by(|a, b| {
            (&a.file, a.line, a.column, &a.message).cmp(&(&b.file, b.line, b.column, &b.message))
        });
        errors.dedup();
        Err(Self(errors))
    }
}

impl From<LoadError> for LoadErrors {
    fn from(error: LoadError) -> Self {
        Self(vec![error])
    }
}

impl LoadError {
    /// A mistake at bytes `range` of `source`, the content of `file`.
    #[must_use]
    pub fn at(file: &str, source: &str, range: Range<usize>, message: impl Into<String>) -> Self {
        let start = floor(source, range.start);
        let before = source.get(..start).unwrap_or_default();
        let line_start = before
            .rfind('\n')
            .map_or(0, |newline| newline.saturating_add(1));
        let rest = source.get(line_start..).unwrap_or_default();
        let text = rest.split('\n').next().unwrap_or_default().trim_end();
        let line_end = line_start.saturating_add(text.len());
        let end = floor(source, range.end.min(line_end).max(start));
        Self {
            file: file.to_owned(),
            line: count(before.matches('\n').count()).saturating_add(1),
            column: chars(source, line_start, start).saturating_add(1),
            width: chars(source, start, end).max(1),
            range: Some(start..floor(source, range.end).max(start)),
            text: text.to_owned(),
            message: message.into(),
            help: None,
        }
    }

    /// A mistake that concerns all of `file`.
    #[must_use]
    pub fn whole(file: &str, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line: 0,
            column: 0,
            width: 1,
            range: None,
            text: String::new(),
            message: message.into(),
            help: None,
        }
    }

    /// The part of the line around the mistake, the space in front of the carets, and their number.
    fn window(&self) -> (String, String, usize) {
        let before = self.column.saturating_sub(1) as usize;
        let skipped = before.saturating_sub(SHOWN / 2);
        let shown: String = self.text.chars().skip(skipped).take(SHOWN).collect();
        let space = |c: char| if c == '\t' { '\t' } else { ' ' };
        let indent = shown
            .chars()
            .take(before.saturating_sub(skipped))
            .map(space)
            .collect();
        (shown, indent, (self.width as usize).min(SHOWN / 2))
    }

    /// The same mistake with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {}", self.file, self.message)?;
        } else {
            writeln!(
                f,
                "{}:{}:{}: {}",
                self.file, self.line, self.column, self.message
            )?;
            let number = self.line.to_string();
            let gutter = " ".repeat(number.len());
            let (shown, indent, width) = self.window();
            writeln!(f, "{number} | {shown}")?;
            write!(f, "{gutter} | {indent}{}", "^".repeat(width))?;
        }
        match &self.help {
            Some(help) => write!(f, "\nhelp: {help}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for LoadErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for LoadError {}

impl std::error::Error for LoadErrors {}

/// The nearest character boundary at or before `index`.
fn floor(source: &str, index: usize) -> usize {
    (0..=index.min(source.len()))
        .rev()
        .find(|at| source.is_char_boundary(*at))
        .unwrap_or(0)
}

fn chars(source: &str, start: usize, end: usize) -> u32 {
    count(
        source
            .get(start..end)
            .map_or(0, |part| part.chars().count()),
    )
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_at_the_place_in_the_line() {
        let error = LoadError::at("a.cedar", "first\n\tsécond x\n", 14..15, "wrong").help("fix it");
        assert_eq!((error.line, error.column, error.width), (2, 8, 1));
        assert_eq!(
            error.to_string(),
            "a.cedar:2:8: wrong\n2 | \tsécond x\n  | \t      ^\nhelp: fix it"
        );
    }

    #[test]
    fn long_lines_are_shown_around_the_mistake() {
        let line = format!("{}wrong{}", "a ".repeat(5_000), " b".repeat(5_000));
        let error = LoadError::at("f", &line, 10_000..10_005, "no");
        assert_eq!(error.column, 10_001);
        let shown = error.to_string();
        let lines: Vec<&str> = shown.lines().collect();
        let at = lines[1].find("wrong").unwrap();
        assert_eq!(lines[2].find("^^^^^"), Some(at));
        assert!(shown.len() < 400, "{shown}");
    }

    #[test]
    fn a_place_past_the_end_is_still_shown() {
        let error = LoadError::at("a", "abc", 90..99, "wrong");
        assert_eq!((error.line, error.column, error.width), (1, 4, 1));
    }
}
