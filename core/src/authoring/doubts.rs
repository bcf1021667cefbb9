//! What loads and probably does not say what was meant.

use super::lex::{Token, tokens};
use super::schema::Model;
use crate::error::LoadError;
use crate::limits;
use crate::policy::{SourceFile, Sources};

/// Tests for attributes that nothing ever has: Cedar's validator takes `context has aproval` for a
/// condition that happens to be false.
pub(super) fn doubts(sources: &Sources) -> Vec<LoadError> {
    let Some(model) = Model::get() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for file in &sources.policies {
        missing(model, file, &mut found);
    }
    found
}

fn missing(model: &Model, file: &SourceFile, found: &mut Vec<LoadError>) {
    let (tokens, _) = tokens(&file.text);
    for (index, window) in tokens.windows(2).enumerate() {
        // Finding the line of each takes time by the length of the text.
        if found.len() >= limits::MISTAKES {
            return;
        }
        let [has, name] = window else { continue };
        if !has.is("has") {
            continue;
        }
        let path = path_before(tokens.get(..index).unwrap_or_default());
        let wanted = name.name().or_else(|| name.quoted());
        let known = model.type_of(&path).and_then(|here| here.attributes(model));
        if let (Some(wanted), Some(known)) = (wanted, known)
            && !known.contains_key(wanted)
        {
            let message = format!("`{}` never has an attribute `{wanted}`", path.join("."));
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            let help = format!("write one of: {}", names.join(", "));
            let range = name.start..name.end();
            found.push(LoadError::at(&file.name, &file.text, range, message).help(help));
        }
    }
}

/// The path that ends with the last token: `context.credential`; empty when there is none.
pub(super) fn path_before<'a>(tokens: &[Token<'a>]) -> Vec<&'a str> {
    let mut path = Vec::new();
    let mut rest = tokens.iter().rev();
    while let Some(name) = rest.next().and_then(Token::name) {
        path.push(name);
        if !rest.next().is_some_and(|sign| sign.is(".")) {
            break;
        }
    }
    path.reverse();
    path
}
