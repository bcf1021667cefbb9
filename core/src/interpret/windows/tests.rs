//! Which commands are found in text of Windows.

use super::Dialect;
use super::lex::{Part, stages};

fn words(text: &str, dialect: Dialect) -> Result<Vec<Vec<String>>, &'static str> {
    let stages = stages(text, (0, text.len()), dialect, false)?;
    let shown = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Variable(name) => format!("<{name}>"),
        Part::Code((start, end), _) => format!("{{{}}}", &text[*start..*end]),
        Part::Call(name, (start, end)) => format!("{name}({})", &text[*start..*end]),
    };
    Ok(stages
        .iter()
        .map(|stage| {
            let words = stage.words.iter();
            words
                .map(|word| word.parts.iter().map(shown).collect())
                .collect()
        })
        .collect())
}

#[test]
fn powershell_words_are_split_as_it_splits_them() {
    for (text, expected) in [
        (
            "Get-Item a; rm b",
            vec![vec!["Get-Item", "a"], vec!["rm", "b"]],
        ),
        (
            "a 'it''s' \"x`\"y\" b`c",
            vec![vec!["a", "it's", "x\"y", "bc"]],
        ),
        ("iwr $u | iex", vec![vec!["iwr", "<u>"], vec!["iex"]]),
        ("a -b:$env:HOME # rest", vec![vec!["a", "-b:<env:home>"]]),
        ("a 2>&1 | b > out", vec![vec!["a"], vec!["b"]]),
        ("if (x) { rm y }", vec![vec!["if", "{x}", "{ rm y }"]]),
        ("<# rm x #> a", vec![vec!["a"]]),
        ("$a = rm b", vec![vec!["rm", "b"]]),
        ("(a b).Run('c')", vec![vec!["{a b}.Run.run('c')"]]),
        ("a @'\nx\n'@ b", vec![vec!["a", "x", "b"]]),
        ("a \\b\\c", vec![vec!["a", "\\b\\c"]]),
    ] {
        assert_eq!(
            words(text, Dialect::PowerShell).unwrap(),
            expected,
            "{text}"
        );
    }
}

#[test]
fn cmd_words_are_split_as_it_splits_them() {
    for (text, expected) in [
        (
            "del /s \"a b\" & rd c",
            vec![vec!["del", "/s", "a b"], vec!["rd", "c"]],
        ),
        ("d^el %TEMP%\\x", vec![vec!["del", "<env:temp>\\x"]]),
        (
            "@echo off\r\nrd x",
            vec![vec!["echo", "off"], vec!["rd", "x"]],
        ),
        (
            "if exist x (del y)",
            vec![vec!["if", "exist", "x"], vec!["del", "y"]],
        ),
    ] {
        assert_eq!(words(text, Dialect::Cmd).unwrap(), expected, "{text}");
    }
}

#[test]
fn what_does_not_close_is_refused() {
    for text in ["'a", "\"a", "(a", "a)", "@'\nx", "<# a", "${a"] {
        assert!(words(text, Dialect::PowerShell).is_err(), "{text}");
    }
    let deep = "(".repeat(10_000);
    assert!(words(&deep, Dialect::PowerShell).is_err());
}
