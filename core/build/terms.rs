//! The small terms inside catalogue strings: sources, conditions, option spellings, places.
//! Each function answers with the Rust expression of the term, or says what is wrong with it.

use std::collections::BTreeMap;

/// Options known where a term stands: spelling to option id.
pub type Options = BTreeMap<String, String>;

/// The Rust expression of a source.
pub fn source(text: &str, options: &Options) -> Result<String, String> {
    if let Some((of, marks)) = text.split_once('<').filter(|_| !text.starts_with('=')) {
        return before(of, marks, options);
    }
    if text == "stdin" {
        return Ok("Source::Input".to_owned());
    }
    if text == "." {
        return Ok("Source::Cwd".to_owned());
    }
    if let Some(rest) = text.strip_prefix('=') {
        if rest.contains('{') && !rest.contains("{}") {
            return joined(rest, options);
        }
        return Ok(format!("Source::Const({rest:?})"));
    }
    if let Some(rest) = text.strip_prefix('@') {
        return Ok(format!("Source::Argument({rest:?})"));
    }
    if text == "$--" {
        return Ok("Source::AfterDashes".to_owned());
    }
    if let Some(name) = text.strip_prefix('%') {
        return Ok(format!("Source::Variable({name:?})"));
    }
    if let Some(rest) = text.strip_prefix('$') {
        let (first, last) = operands(rest).ok_or_else(|| format!("`{text}` names no operands"))?;
        return Ok(format!("Source::Operands({first}, {last})"));
    }
    if options.contains_key(text) || text.starts_with(['-', '+']) {
        let id = options
            .get(text)
            .ok_or_else(|| format!("`{text}` is no declared option"))?;
        return Ok(format!("Source::Option({id:?})"));
    }
    match text.strip_suffix('=') {
        Some(key) if !key.is_empty() => Ok(format!("Source::Key({key:?})")),
        _ => Err(format!("`{text}` is no source")),
    }
}

/// `$1<:`: what stands before the first of one `:` or more, `$1<..` of two dots or more.
fn before(of: &str, marks: &str, options: &Options) -> Result<String, String> {
    let mark = marks.chars().next();
    let mark = mark.filter(|mark| mark.is_ascii_punctuation() && marks.chars().all(|c| c == *mark));
    let mark = mark.ok_or_else(|| format!("`{marks}` is no mark to cut at"))?;
    let of = source(of, options)?;
    Ok(format!("Source::Before(&{of}, {mark:?}, {})", marks.len()))
}

/// `{@owner}/{@repo}`: sources in braces, joined with the text between them.
fn joined(text: &str, options: &Options) -> Result<String, String> {
    let mut parts = String::new();
    for (index, part) in text.split('{').enumerate() {
        let mut rest = part;
        if index > 0 {
            let (inner, after) = part
                .split_once('}')
                .ok_or_else(|| format!("`{text}` lacks a closing brace"))?;
            parts.push_str(&format!("{}, ", source(inner, options)?));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push_str(&format!("Source::Const({rest:?}), "));
        }
    }
    Ok(format!("Source::Join(&[{parts}])"))
}

/// `1`, `-1`, `*`, `2..`, `..-1` as first and last index, one-based, negative from the end.
fn operands(text: &str) -> Option<(i16, i16)> {
    if text == "*" {
        return Some((1, -1));
    }
    if let Some(rest) = text.strip_prefix("..-") {
        return Some((1, -1 - rest.parse::<i16>().ok()?));
    }
    if let Some(rest) = text.strip_suffix("..") {
        return Some((rest.parse().ok()?, -1));
    }
    let index = text.parse::<i16>().ok().filter(|index| *index != 0)?;
    Some((index, index))
}

/// The Rust expressions of conditions that must all hold, and of which (`any`) one must.
pub fn conditions(when: &[String], any: &[String], options: &Options) -> Result<String, String> {
    let list = |texts: &[String]| -> Result<String, String> {
        let terms: Result<Vec<_>, _> = texts.iter().map(|text| condition(text, options)).collect();
        Ok(terms?.join(", "))
    };
    let all = list(when)?;
    if any.is_empty() {
        return Ok(all);
    }
    let one = format!(
        "Cond {{ negated: false, test: Test::Any(&[{}]) }}",
        list(any)?
    );
    Ok(if all.is_empty() {
        one
    } else {
        format!("{all}, {one}")
    })
}

/// The Rust expression of a condition.
fn condition(text: &str, options: &Options) -> Result<String, String> {
    if let Some(rest) = text.strip_prefix('^') {
        let seen = condition(rest, options)?;
        return Ok(format!(
            "Cond {{ negated: false, test: Test::Seen(&[{seen}]) }}"
        ));
    }
    let (negated, rest) = match text.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let test = test(rest, options)?;
    Ok(format!("Cond {{ negated: {negated}, test: {test} }}"))
}

fn test(text: &str, options: &Options) -> Result<String, String> {
    if text == "stdin" {
        return Ok("Test::Stdin".to_owned());
    }
    if let Some(rest) = text.strip_prefix('#') {
        return count(rest).ok_or_else(|| format!("`#{rest}` is no count"));
    }
    if let Some((left, right)) = text.split_once('~')
        && left.starts_with('@')
        && !right.starts_with('=')
    {
        let (key, value) = right
            .split_once('=')
            .ok_or_else(|| format!("`{text}` lacks `=value` after `~key`"))?;
        return Ok(format!(
            "Test::Holds({}, {key:?}, {value:?})",
            source(left, options)?
        ));
    }
    // An option's spelling may itself hold no `=`; the first one after the sigil splits.
    if let Some((left, glob)) = text.split_once('=')
        && !left.is_empty()
    {
        let (left, kind) = match (left.strip_suffix('~'), left.strip_suffix('!')) {
            (Some(left), _) => (left, "MatchesFolded"),
            (None, Some(left)) => (left, "Differs"),
            (None, None) => (left, "Matches"),
        };
        let named = if left == "stdin" || left.starts_with(['-', '+', '/', '$', '@', '%']) {
            source(left, options)?
        } else {
            source(&format!("{left}="), options)?
        };
        let mut globs = alternatives(glob);
        if globs.iter().any(|one| lone_word(one)) {
            return Err(format!("`{glob}` has braces without alternatives"));
        }
        globs.sort();
        globs.dedup();
        if kind == "MatchesFolded" && glob.chars().any(char::is_uppercase) {
            return Err(format!(
                "`{glob}` is compared without case and not lower case"
            ));
        }
        return Ok(format!("Test::{kind}({named}, &{globs:?})"));
    }
    Ok(format!("Test::Present({})", source(text, options)?))
}

/// Whether braces hold one word, which were meant to hold several.
fn lone_word(glob: &str) -> bool {
    let word = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || ":_.*-".contains(c))
    };
    glob.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .any(|(inside, _)| word(inside))
}

/// `a{b,c}` as `ab` and `ac`; braces may stand in braces. Those without a comma stand for themselves.
fn alternatives(glob: &str) -> Vec<String> {
    let Some((open, parts, after)) = first_braces(glob) else {
        return vec![glob.to_owned()];
    };
    parts
        .iter()
        .flat_map(|part| alternatives(&format!("{}{part}{after}", &glob[..open])))
        .collect()
}

/// Where the first braces with a comma open, their parts, and what follows them.
fn first_braces(glob: &str) -> Option<(usize, Vec<&str>, &str)> {
    glob.match_indices('{').find_map(|(open, _)| {
        let mut depth = 0_usize;
        let mut start = open + 1;
        let mut parts = Vec::new();
        for (at, c) in glob[open..].char_indices().map(|(at, c)| (open + at, c)) {
            match c {
                '{' => depth += 1,
                '}' if depth == 1 => {
                    parts.push(&glob[start..at]);
                    return (parts.len() > 1).then(|| (open, parts, &glob[at + 1..]));
                }
                '}' => depth -= 1,
                ',' if depth == 1 => {
                    parts.push(&glob[start..at]);
                    start = at + 1;
                }
                _ => {}
            }
        }
        None
    })
}

fn count(text: &str) -> Option<String> {
    let (low, high) = if let Some(number) = text.strip_prefix(">=") {
        (number.parse::<u16>().ok()?, u16::MAX)
    } else if let Some(number) = text.strip_prefix("<=") {
        (0, number.parse::<u16>().ok()?)
    } else {
        let number = text.strip_prefix('=')?.parse::<u16>().ok()?;
        (number, number)
    };
    Some(format!("Test::Count({low}, {high})"))
}

/// The Rust expression of a place.
pub fn place(text: Option<&str>, options: &Options) -> Result<String, String> {
    match text {
        None | Some("local") => Ok("Place::Local".to_owned()),
        Some(text) => match text.split_once(':') {
            Some(("remote", from)) => Ok(format!("Place::Remote({})", source(from, options)?)),
            Some(("container", from)) => {
                Ok(format!("Place::Container({})", source(from, options)?))
            }
            _ => Err(format!("`{text}` is no place")),
        },
    }
}

/// What an option may mean to the readers of HTTP clients (`name`: to find's placeholder; `cwd`: the
/// program works in that directory).
const ROLES: &[&str] = &[
    "alternative",
    "bearer",
    "body-file",
    "config",
    "cookie",
    "cwd",
    "delimits",
    "data",
    "data-binary",
    "data-raw",
    "data-urlencode",
    "field",
    "field-json",
    "form",
    "form-string",
    "get",
    "globoff",
    "head",
    "header",
    "host",
    "ignore-stdin",
    "input-file",
    "json",
    "method",
    "name",
    "negates",
    "output",
    "output-dir",
    "password",
    "post-file",
    "prints",
    "proxy",
    "query",
    "raw",
    "remote-name",
    "resolve",
    "spider",
    "unix-socket",
    "upload",
    "url",
    "user",
];

/// Spellings and role of an option: `"-X --request : method"`.
pub fn option(text: &str) -> Result<(Vec<&str>, &str), String> {
    let (spellings, role) = text.split_once(" : ").unwrap_or((text, ""));
    let role = role.trim();
    if !role.is_empty() && !ROLES.contains(&role) {
        return Err(format!("`{role}` is no role"));
    }
    let spellings: Vec<&str> = spellings.split_whitespace().collect();
    match spellings
        .iter()
        // `!` and `(` of find are options to us: words that are no operands.
        .find(|spelling| spelling.starts_with(char::is_alphanumeric))
    {
        Some(wrong) => Err(format!("option spelling `{wrong}` has no dash")),
        None if spellings.is_empty() => Err("an option without a spelling".to_owned()),
        None => Ok((spellings, role)),
    }
}

/// The anchor and the text of a path glob.
fn path_parts(glob: &str) -> (String, String) {
    let rest = glob.strip_prefix("**/").unwrap_or(glob);
    if let Some(rest) = glob.strip_prefix("~/") {
        ("Home".to_owned(), rest.to_owned())
    } else if glob.starts_with('/') || glob.get(1..3) == Some(":/") {
        ("Root".to_owned(), glob.to_owned())
    } else if rest.contains("**") {
        ("Root".to_owned(), format!("**/{rest}"))
    } else {
        // Matching the last components alone is the same as a leading `**`, and much faster.
        (
            format!("Last({})", rest.split('/').count()),
            rest.to_owned(),
        )
    }
}

/// The bytes that a path must hold to match a glob, as marks of them.
pub fn path_needs(glob: &str) -> u32 {
    let (_, text) = path_parts(glob);
    // What follows a set or an alternative need not be in a path.
    let sure = text.split(['[', '{', '\\']).next().unwrap_or_default();
    sure.bytes()
        .filter(|byte| !matches!(byte, b'/' | b'*' | b'?'))
        .fold(0_u32, |marks, byte| marks | 1 << (byte & 31))
}

/// The Rust expression of a path glob, taken apart so that matching does not have to.
pub fn path_glob(glob: &str) -> String {
    let (anchor, text) = path_parts(glob);
    let needs = path_needs(glob);
    let fixed = text
        .bytes()
        .last()
        .filter(u8::is_ascii_alphanumeric)
        .unwrap_or(0);
    format!(
        "PathGlob {{ anchor: GlobAnchor::{anchor}, text: {text:?}, last: {fixed}, needs: {needs} }}"
    )
}

/// Globs of the directories above those that `globs` name, and of what holds everything they name.
/// Globs by file name alone have none: every directory may hold such a file.
pub fn above(globs: &[String]) -> Vec<String> {
    let mut above = Vec::new();
    for glob in globs {
        let mut glob = glob.trim_end_matches("/**").trim_end_matches("/*");
        loop {
            if !above.iter().any(|known| known == glob) {
                above.push(glob.to_owned());
            }
            match glob.rsplit_once('/') {
                Some((parent, _)) if !matches!(parent, "" | "~" | "**") => glob = parent,
                _ => break,
            }
        }
    }
    above
}
