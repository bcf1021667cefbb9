//! curl.

use super::{Reading, Words, encoded, header, in_directory, method, remote_name};
use crate::interpret::argument::text_of;
use crate::interpret::http::pieces::{cut, from, head, join};
use crate::interpret::http::{Body, Field, Reach, Request};
use crate::interpret::value::{Origin, Piece, Value};
use crate::limits;

pub(super) fn read(words: &Words<'_>) -> Reading {
    let mut reading = Reading::default();
    for transfer in transfers(words) {
        transfer.finish(words, &mut reading);
    }
    reading
}

/// What the options between two `--next` say.
#[derive(Default)]
struct Transfer {
    request: Request,
    urls: Vec<Value>,
    method: Option<Option<String>>,
    data: Vec<Value>,
    json: Vec<Value>,
    form: Vec<Field>,
    upload: Option<Value>,
    get: bool,
    head: bool,
    globs: bool,
    output: Vec<Value>,
    directory: Option<Value>,
    remote_name: bool,
    config: bool,
}

fn transfers(words: &Words<'_>) -> Vec<Transfer> {
    let mut transfers = vec![Transfer::new()];
    let mut starts: Vec<u32> = Vec::new();
    for &(role, value) in &words.call.options {
        if role == "next" {
            starts.push(value.span.0);
            transfers.push(Transfer::new());
        } else if let Some(transfer) = transfers.last_mut() {
            transfer.take(role, value, words);
        }
    }
    // Without positions it is not known which URL belongs to which part: each may go to all.
    let placed = starts.iter().all(|start| *start > 0)
        && words.call.operands.iter().all(|one| one.span.1 > 0);
    for operand in words.call.operands {
        let index = starts
            .iter()
            .filter(|start| **start <= operand.span.0)
            .count();
        for (at, transfer) in transfers.iter_mut().enumerate() {
            if !placed || at == index {
                transfer.urls.push(operand.clone());
            }
        }
    }
    transfers
}

impl Transfer {
    fn new() -> Self {
        Self {
            globs: true,
            ..Self::default()
        }
    }

    fn take(&mut self, role: &str, value: &Value, words: &Words<'_>) {
        let request = &mut self.request;
        match role {
            "url" => self.urls.push(value.clone()),
            "method" => self.method = Some(method(value)),
            "header" => {
                let header = header(value);
                request.partial |= header.0.is_empty();
                request.headers.push(header);
            }
            "data" | "data-binary" => self.data.push(words.at_file(value)),
            "data-raw" => self.data.push(value.clone()),
            "data-urlencode" => self.data.push(urlencoded(value, words)),
            "json" => self.json.push(words.at_file(value)),
            "form" => self.form.push(form_field(value, words)),
            "form-string" => self.form.push(field(value)),
            "upload" => self.upload = Some(words.file(value)),
            "query" => request.query.push(urlencoded(value, words)),
            "get" => self.get = true,
            "head" => self.head = true,
            "user" => request.user = Some(value.clone()),
            "bearer" => request.bearer = Some(value.clone()),
            "cookie" => request.cookies.push(value.clone()),
            "proxy" | "resolve" => request.reach = Reach::Rerouted,
            "unix-socket" if request.reach == Reach::Direct => request.reach = Reach::Socket,
            "globoff" => self.globs = false,
            "output" => self.output.push(value.clone()),
            "output-dir" => self.directory = Some(value.clone()),
            "remote-name" => self.remote_name = true,
            "config" | "input-file" => self.config = true,
            _ => {}
        }
    }

    fn finish(mut self, words: &Words<'_>, reading: &mut Reading) {
        reading.unseen |= self.config;
        let mut request = std::mem::take(&mut self.request);
        let has_body = !self.data.is_empty() || !self.json.is_empty() || !self.form.is_empty();
        request.method = match self.method.take() {
            Some(method) => method,
            None => Some(
                if self.head {
                    "HEAD"
                } else if self.upload.is_some() {
                    "PUT"
                } else if has_body && !self.get {
                    "POST"
                } else {
                    "GET"
                }
                .to_owned(),
            ),
        };
        let mut data = std::mem::take(&mut self.data);
        if !self.json.is_empty() {
            data.push(join(&self.json, ""));
        }
        if let Some(upload) = self.upload.take() {
            request.body = Body::Text(upload);
        } else if !self.form.is_empty() {
            request.body = Body::Fields(std::mem::take(&mut self.form));
        } else if self.get {
            request.query.extend(data);
        } else if !data.is_empty() {
            request.body = Body::Text(join(&data, "&"));
        }
        let most = limits::REQUEST_PIECES
            .checked_div(request.pieces())
            .unwrap_or(0);
        for (index, url) in self.urls.iter().enumerate() {
            // Of more requests than a call may have actions none would be looked at.
            if index > most || reading.requests.len() > limits::ACTIONS {
                reading.unseen = true;
                break;
            }
            let expanded = if self.globs {
                expand(url)
            } else {
                vec![url.clone()]
            };
            for url in expanded {
                if self.remote_name {
                    let name = remote_name(&url, self.directory.as_ref(), "curl_response");
                    reading.downloads.push(name);
                }
                reading.requests.push(Request {
                    url,
                    ..request.clone()
                });
            }
        }
        // A file that holds options may hold the URL as well.
        if !self.urls.is_empty() || self.config {
            for path in &self.output {
                reading
                    .downloads
                    .push(in_directory(path, self.directory.as_ref()));
            }
        }
        if words.call.operands.is_empty() && self.urls.is_empty() && has_body {
            reading.unseen = true;
        }
    }
}

/// `content`, `=content`, `name=content`, `@file` or `name@file`, as curl encodes them.
fn urlencoded(value: &Value, words: &Words<'_>) -> Value {
    let text = head(value);
    match text.find('=').or_else(|| text.find('@')) {
        None => encoded("", value),
        Some(at) => {
            let name = text.get(..at).unwrap_or_default();
            let rest = from(value, at.saturating_add(1));
            if text.get(at..).is_some_and(|rest| rest.starts_with('@')) {
                encoded(name, &words.file(&rest))
            } else {
                encoded(name, &rest)
            }
        }
    }
}

/// A `-F` field: `name=content`, `name=@file`, `name=<file`, with `;type=…` behind.
fn form_field(value: &Value, words: &Words<'_>) -> Field {
    let mut field = field(value);
    let text = text_of(&field.value);
    let path_end = text.find(';').unwrap_or(text.len());
    if text.starts_with(['@', '<']) {
        field.value = words.file(&cut(&field.value, 1..path_end));
    } else if let Some(end) = text.rfind(";type=") {
        field.value = cut(&field.value, 0..end);
    }
    field
}

fn field(value: &Value) -> Field {
    let text = head(value);
    let (name, start) = match text.find('=') {
        Some(at) => (text.get(..at).unwrap_or_default(), at.saturating_add(1)),
        None => ("", 0),
    };
    Field {
        name: name.to_owned(),
        value: from(value, start),
        json: false,
    }
}

/// curl's own globbing: `{a,b}` and `[1-3]`. Large or odd globs become an unseen part.
fn expand(url: &Value) -> Vec<Value> {
    let mut done = Vec::new();
    let mut open = vec![url.clone()];
    while let Some(url) = open.pop() {
        let text = text_of(&url);
        let Some((start, end, words)) = first_glob(&text) else {
            done.push(url);
            continue;
        };
        let room = limits::GLOB_URLS.saturating_sub(done.len().saturating_add(open.len()));
        let (before, after) = (cut(&url, 0..start), from(&url, end));
        if words.is_empty() || words.len() > room {
            let unseen = Piece {
                text: None,
                origin: Origin::Unseen,
                pattern: false,
            };
            let middle = Value {
                pieces: vec![unseen],
                span: url.span,
            };
            open.push(join(&[before, middle, after], ""));
        } else {
            for word in words.into_iter().rev() {
                let middle = Value::literal(word).at(url.span);
                open.push(join(&[before.clone(), middle, after.clone()], ""));
            }
        }
    }
    done
}

/// The first glob of a URL: where it starts and ends, and its words; none when it is too large or
/// not one that is understood. An IPv6 address is no glob.
fn first_glob(text: &str) -> Option<(usize, usize, Vec<String>)> {
    let mut from = 0_usize;
    loop {
        let start = from.saturating_add(text.get(from..)?.find(['{', '['])?);
        let rest = text.get(start..)?;
        let close = if rest.starts_with('{') { '}' } else { ']' };
        let end = start.saturating_add(rest.find(close)?).saturating_add(1);
        let inside = text.get(start.saturating_add(1)..end.saturating_sub(1))?;
        if close == '}' {
            let words: Vec<String> = inside.split(',').map(str::to_owned).collect();
            return Some((start, end, words));
        }
        let address = inside.contains(':') && !inside.contains('-');
        if !address && inside.contains('-') {
            return Some((start, end, range(inside)));
        }
        from = end;
    }
}

fn range(text: &str) -> Vec<String> {
    let Some((low, high)) = text.split_once('-') else {
        return Vec::new();
    };
    let (Ok(first), Ok(last)) = (low.parse::<u32>(), high.parse::<u32>()) else {
        return Vec::new();
    };
    if first > last || last.saturating_sub(first) > 64 {
        return Vec::new();
    }
    (first..=last)
        .map(|number| format!("{number:0width$}", width = low.len()))
        .collect()
}
