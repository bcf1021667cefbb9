//! Tools of hosts and MCP servers, as Rust expressions.

use std::collections::BTreeSet;

use super::{Checked, act, list};
use crate::form::{Server, Tool};
use crate::terms::{self, Options};

pub(super) fn server(one: &Server) -> Checked {
    Ok(format!(
        "Server {{ name: {:?}, globs: &{:?}, host: {:?}, tools: &[{}] }}",
        one.name,
        one.globs,
        one.host,
        list(&one.tool, tool)?
    ))
}

pub(super) fn tool(one: &Tool) -> Checked {
    let none = Options::new();
    let mut carries = String::new();
    let sql = match one.dialect.as_str() {
        "" => "Sql(None)".to_owned(),
        name => format!("Sql(Some({}))", super::sql::dialect(name)?),
    };
    let mut heeded: Vec<String> = one.harmless.iter().map(|name| squeeze(name)).collect();
    for (language, list) in [
        ("Shell", &one.shell),
        ("Scripts", &one.scripts),
        ("Argv", &one.argv),
        (sql.as_str(), &one.sql),
        ("Url", &one.url),
        ("Patch", &one.patch),
        ("PowerShell", &one.powershell),
        ("Code", &one.code),
    ] {
        for text in list {
            let from = terms::source(text, &none)?;
            carries.push_str(&format!("(Language::{language}, {from}), "));
        }
        heeded.extend(list.iter().map(|text| squeeze(text)));
    }
    heeded.extend(one.cwd.iter().map(|text| squeeze(text)));
    if carries.is_empty() {
        heeded.clear();
    }
    let sources = |list: &[String]| -> Checked {
        let terms: Result<Vec<_>, _> = list.iter().map(|text| terms::source(text, &none)).collect();
        Ok(terms?.join(", "))
    };
    let calls = match one.calls.split_first() {
        Some((api, from)) => format!("Some(({api:?}, &[{}]))", sources(from)?),
        None => "None".to_owned(),
    };
    let nests = match one.nests.len() {
        0 => "None".to_owned(),
        3 => format!("Some([{}])", sources(&one.nests)?),
        _ => return Err("`nests` names server, tool and arguments".to_owned()),
    };
    heeded.sort();
    heeded.dedup();
    Ok(format!(
        "Tool {{ names: &{:?}, heeded: &{heeded:?}, method: {:?}, calls: {calls}, nests: {nests}, carries: &[{carries}], cwd: &[{}], acts: &[{}] }}",
        one.names
            .iter()
            .map(|name| {
                if name.contains('*') {
                    name.to_lowercase()
                } else {
                    squeeze(name)
                }
            })
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>(),
        one.method,
        list(&one.cwd, |text| terms::source(text, &none))?,
        list(&one.act, |act_form| act(act_form, None, &none))?,
    ))
}

/// A name without what joins its words, lower case.
fn squeeze(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '_' | '-' | '.' | ' ' | '/' | '@'))
        .flat_map(char::to_lowercase)
        .collect()
}
