//! wget.

use super::{Reading, Words, header, in_directory, method, remote_name};
use crate::interpret::http::pieces::join;
use crate::interpret::http::{Body, Reach, Request};
use crate::interpret::value::Value;

pub(super) fn read(words: &Words<'_>) -> Reading {
    let mut reading = Reading::default();
    let mut request = Request::default();
    let mut chosen = None;
    let mut body = None;
    let mut posts = false;
    let mut spider = false;
    let mut output = None;
    let mut directory = None;
    let mut urls = words.call.operands.to_vec();
    let mut password = None;
    for &(role, value) in &words.call.options {
        match role {
            "url" => urls.push(value.clone()),
            "method" => chosen = Some(method(value)),
            "header" => {
                let header = header(value);
                request.partial |= header.0.is_empty();
                request.headers.push(header);
            }
            "data" | "data-raw" | "data-binary" => {
                posts = true;
                body = Some(value.clone());
            }
            "post-file" | "body-file" | "upload" => {
                posts = true;
                body = Some(words.file(value));
            }
            "user" => request.user = Some(value.clone()),
            "password" => password = Some(value.clone()),
            "bearer" => request.bearer = Some(value.clone()),
            "cookie" => request.cookies.push(value.clone()),
            "proxy" | "resolve" => request.reach = Reach::Rerouted,
            "spider" | "head" => spider = true,
            "output" => output = Some(value.clone()),
            "output-dir" => directory = Some(value.clone()),
            "config" | "input-file" => reading.unseen = true,
            _ => {}
        }
    }
    if let Some(password) = password {
        let user = request.user.take().unwrap_or_default();
        request.user = Some(join(&[user, password], ":"));
    }
    request.method = chosen.unwrap_or_else(|| {
        let method = match (posts, spider) {
            (true, _) => "POST",
            (false, true) => "HEAD",
            (false, false) => "GET",
        };
        Some(method.to_owned())
    });
    request.body = body.map_or(Body::Absent, Body::Text);
    for url in &urls {
        if output.is_none() && !spider {
            let name = remote_name(url, directory.as_ref(), "index.html");
            reading.downloads.push(name);
        }
        reading.requests.push(Request {
            url: url.clone(),
            ..request.clone()
        });
    }
    let writes: Option<Value> = output.filter(|_| !urls.is_empty() || reading.unseen);
    // Unlike with a name taken from the URL, `-P` does not apply to `-O`.
    reading
        .downloads
        .extend(writes.map(|path| in_directory(&path, None)));
    reading
}
