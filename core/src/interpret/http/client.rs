//! Programs that make HTTP requests, read from the roles of their options.

mod curl;
mod httpie;
mod rest;
mod wget;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use url::form_urlencoded;

use super::pieces::{from, head, of_stream, trimmed};
use super::{Request, files};
use crate::action::Draft;
use crate::catalogue::spec::HttpClient;
use crate::interpret::argument::text_of;
use crate::interpret::place::Setting;
use crate::interpret::value::{Origin, Piece, Stream, Value};
use crate::limits;

/// Names of standard input where a file is named.
const STDIN: &[&str] = &["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];

/// Names of standard output where a file is named.
const STDOUT: &[&str] = &["-", "/proc/self/fd/1"];

/// A client program about to run.
#[derive(Debug, Clone)]
pub struct ClientCall<'a> {
    /// How its options are meant.
    pub client: HttpClient,
    /// Roles and values of its options, in order. A flag's value is its own spelling.
    pub options: Vec<(&'a str, &'a Value)>,
    /// Its operands, in order.
    pub operands: &'a [Value],
    /// Its standard input.
    pub stdin: &'a Stream,
    /// Content written to files earlier in the call.
    pub files: &'a BTreeMap<String, Stream>,
    /// Byte range of the command.
    pub span: (u32, u32),
}

/// What a client program would do.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Its requests.
    pub requests: Vec<Request>,
    /// Files it writes answers to.
    pub downloads: Vec<Value>,
    /// Options or URLs stand in a file that is not seen, so it could do anything.
    pub unseen: bool,
}

impl Reading {
    /// Whether every answer goes to a file of its own, and none to standard output.
    fn is_silent(&self) -> bool {
        let to_file = |path: &Value| {
            path.exact()
                .is_some_and(|name| !STDOUT.contains(&name.as_str()) && !name.starts_with("/dev/"))
        };
        !self.unseen
            && !self.requests.is_empty()
            && self.downloads.len() >= self.requests.len()
            && self.downloads.iter().all(to_file)
    }
}

/// Reads the words of a client program.
#[must_use]
pub fn read(call: &ClientCall<'_>, setting: &Setting<'_>) -> Reading {
    let words = Words { call, setting };
    let mut reading = match call.client {
        HttpClient::Curl => curl::read(&words),
        HttpClient::Wget => wget::read(&words),
        HttpClient::Httpie => httpie::read(&words),
        HttpClient::Rest(base) => rest::read(&words, base),
    };
    for request in &mut reading.requests {
        request.span = call.span;
    }
    reading
}

/// The drafts of a client program, and whether everything it receives goes to files. No draft when it
/// makes no request (`--version`).
#[must_use]
pub fn interpret(call: &ClientCall<'_>, setting: &Setting<'_>) -> (Vec<Draft>, bool) {
    let here = Setting {
        span: call.span,
        ..setting.clone()
    };
    let mut reading = read(call, &here);
    let mut drafts: Vec<Draft> = Vec::new();
    let mut pieces = 0_usize;
    for request in &reading.requests {
        if pieces > limits::REQUEST_PIECES {
            reading.unseen = true;
            break;
        }
        pieces = pieces.saturating_add(request.pieces());
        drafts.extend(super::drafts(request, &here));
        if drafts.len() > limits::ACTIONS {
            break;
        }
    }
    for path in &reading.downloads {
        drafts.extend(files::write(path, &here));
    }
    if reading.unseen {
        let request = Request {
            url: Value::unseen(Origin::Unseen),
            span: call.span,
            ..Request::default()
        };
        drafts.extend(super::drafts(&request, &here));
    }
    let silent = reading.is_silent() && sends_to_files(call, reading.requests.len());
    (drafts, silent)
}

/// Whether options send each of so many answers to a file, and none makes the client print.
fn sends_to_files(call: &ClientCall<'_>, answers: usize) -> bool {
    let has = |wanted: &str| call.options.iter().any(|(role, _)| *role == wanted);
    // `--remote-name-all` holds for what follows it only.
    let explicit = call.options.iter().filter(|(role, value)| match *role {
        "output" => true,
        "remote-name" => text_of(value) != "--remote-name-all",
        _ => false,
    });
    !has("prints") && (call.client != HttpClient::Curl || explicit.count() >= answers)
}

/// The words of a client with what its files and input hold.
struct Words<'a> {
    call: &'a ClientCall<'a>,
    setting: &'a Setting<'a>,
}

impl Words<'_> {
    /// The content of the file that `path` names; `-` is standard input.
    fn file(&self, path: &Value) -> Value {
        let name = in_home(path);
        if STDIN.contains(&name.as_str()) {
            return self.stdin();
        }
        let resolved = path
            .exact()
            .and_then(|text| self.setting.resolve(&text))
            .map(|path| path.absolute);
        let written = self
            .call
            .files
            .get(&name)
            .or_else(|| self.call.files.get(&resolved.unwrap_or_default()));
        match written {
            Some(stream) if !path.is_dynamic() => of_stream(stream),
            _ => Value::unseen(Origin::File(name)),
        }
    }

    fn stdin(&self) -> Value {
        if self.call.stdin.present {
            of_stream(self.call.stdin)
        } else {
            Value::unseen(Origin::Unseen)
        }
    }

    /// The content of `@path`, or the value itself.
    fn at_file(&self, value: &Value) -> Value {
        if text_of(value).starts_with('@') {
            self.file(&from(value, 1))
        } else {
            value.clone()
        }
    }
}

/// The path with `~` for a home directory that is not known.
fn in_home(path: &Value) -> String {
    match path.pieces.split_first() {
        Some((home, rest))
            if home.text.is_none() && home.origin == Origin::Variable("HOME".to_owned()) =>
        {
            let rest = Value {
                pieces: rest.to_vec(),
                span: path.span,
            };
            format!("~{}", rest.sketch())
        }
        _ => path.sketch(),
    }
}

/// A header line: name and value.
pub(super) fn header(line: &Value) -> (String, Value) {
    let text = head(line);
    if text.starts_with('@') {
        return (
            String::new(),
            Value::unseen(Origin::File(from(line, 1).sketch())),
        );
    }
    match text.find(':') {
        Some(at) => {
            let name = text.get(..at).unwrap_or_default().trim().to_owned();
            (name, trimmed(&from(line, at.saturating_add(1))))
        }
        None => (String::new(), line.clone()),
    }
}

/// `name=value`, encoded for a form or query string.
pub(super) fn encoded(name: &str, value: &Value) -> Value {
    let mut pieces = Vec::new();
    if !name.is_empty() {
        pieces.push(literal(format!("{}=", encode(name))));
    }
    for piece in &value.pieces {
        pieces.push(Piece {
            text: piece.text.as_deref().map(encode),
            origin: piece.origin.clone(),
            pattern: false,
        });
    }
    Value {
        pieces,
        span: value.span,
    }
}

fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn literal(text: String) -> Piece {
    Piece {
        text: Some(text),
        origin: Origin::Literal,
        pattern: false,
    }
}

/// The method of a `-X`-like option; `None` when it cannot be known.
fn method(value: &Value) -> Option<String> {
    value
        .known_text()
        .map(|text| text.trim().to_ascii_uppercase())
}

/// The file an answer is written to when the client takes its name from the URL.
fn remote_name(url: &Value, directory: Option<&Value>, index: &str) -> Value {
    let text = text_of(url);
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("//").map_or(path, |(_, rest)| rest);
    let name = match path.rsplit_once('/') {
        Some((_, name)) if !name.is_empty() => name,
        _ => index,
    };
    in_directory(
        &crate::interpret::argument::value_of(name).at(url.span),
        directory,
    )
}

fn in_directory(name: &Value, directory: Option<&Value>) -> Value {
    let absolute = head(name).starts_with('/');
    match directory.filter(|_| !absolute && head(name) != "-") {
        None => name.clone(),
        Some(directory) => {
            let slash = Value::literal("/");
            let parts = [directory.clone(), slash, name.clone()];
            super::pieces::join(&parts, "")
        }
    }
}
