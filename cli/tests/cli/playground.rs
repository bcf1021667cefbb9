//! `checkrein playground`: what is served, to whom, and what not.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command};

use serde_json::{Value, json};

use crate::support::Home;

/// A running server; dropped, it ends.
struct Server {
    child: Child,
    port: u16,
    key: String,
}

struct Response {
    status: u16,
    head: String,
    body: String,
}

impl Server {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().strip_prefix("http://127.0.0.1:").unwrap();
        let (port, key) = address.split_once('/').unwrap();
        Self {
            child,
            port: port.parse().unwrap(),
            key: key.trim_end_matches('/').to_owned(),
        }
    }

    fn raw(&self, request: &str) -> Response {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Response {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_lowercase(),
            body: body.to_owned(),
        }
    }

    fn ask(&self, method: &str, host: &str, path: &str) -> Response {
        self.raw(&format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        ))
    }

    /// Asks as the page does.
    fn get(&self, path: &str) -> Response {
        let host = format!("127.0.0.1:{}", self.port);
        self.ask("GET", &host, &format!("/{}/{path}", self.key))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A home with a page that says little, beside a file that is no part of it.
fn home() -> Home {
    let home = Home::new();
    home.write("page/index.html", "<head><title>t</title></head><p>page");
    home.write("page/assets/a.js", "export {}");
    home.write("secret.txt", "not to be served");
    home
}

fn serve(home: &Home, more: &[&str]) -> Server {
    let directory = home.path("page").to_string_lossy().into_owned();
    Server::start(home.command(&[&["playground", "--dir", &directory], more].concat()))
}

#[test]
fn the_page_has_the_operators_files_as_they_are_now() {
    let home = home();
    home.write(
        "user/checkrein.toml",
        "[policy]\npacks = []\ndirs = [\"policies\"]\n",
    );
    let own = home.write("user/policies/own.cedar", "permit nonsense");
    let server = serve(&home, &[]);
    let page = server.get("");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("<p>page"));
    assert!(page.body.contains("name=\"checkrein-operator\""));
    for header in [
        "content-type: text/html; charset=utf-8",
        "content-security-policy: default-src 'self'; script-src 'self' 'wasm-unsafe-eval';",
        "frame-ancestors 'none'",
        "x-content-type-options: nosniff",
        "cross-origin-resource-policy: same-origin",
        "cache-control: no-store",
    ] {
        assert!(page.head.contains(header), "{header}: {}", page.head);
    }
    assert_eq!(server.get("assets/a.js").body, "export {}");

    let files = || -> Value { serde_json::from_str(&server.get("operator.json").body).unwrap() };
    let given = files();
    // Mistakes in policies are for the page to show.
    assert_eq!(given["policies"][0]["text"], "permit nonsense");
    assert_eq!(given["packs"], json!([]));
    assert!(
        given["about"]
            .as_str()
            .unwrap()
            .starts_with("These are your files: ")
    );
    std::fs::write(&own, "// other").unwrap();
    assert_eq!(files()["policies"][0]["text"], "// other");
    home.write("user/checkrein.toml", "[policy]\npacks = 1\n");
    assert_eq!(server.get("operator.json").status, 500);
}

#[test]
fn without_a_configuration_the_page_is_as_it_was_built() {
    let home = home();
    let server = serve(&home, &[]);
    assert!(!server.get("").body.contains("checkrein-operator"));
    assert_eq!(server.get("operator.json").status, 404);
}

#[test]
fn nothing_else_is_served_and_to_no_one_else() {
    let home = home();
    let server = serve(&home, &[]);
    let here = format!("127.0.0.1:{}", server.port);
    let index = format!("/{}/", server.key);
    for path in [
        "/",
        "/index.html",
        "/operator.json",
        &format!("/{}", server.key),
        &format!("/{}x/", server.key),
        &format!("/{}/../secret.txt", server.key),
        &format!("/{}/assets/../../secret.txt", server.key),
        &format!("/{}/%2e%2e/secret.txt", server.key),
        &format!("/{}/..%2fsecret.txt", server.key),
        &format!("/{}//etc/passwd", server.key),
        &format!("/{}/assets", server.key),
    ] {
        let answer = server.ask("GET", &here, path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.body.contains("not to be served"), "{path}");
    }
    // Another site's name that was made to resolve to this machine.
    for host in [
        "evil.example",
        &format!("evil.example:{}", server.port),
        "127.0.0.1",
        "127.0.0.1:1",
        "",
    ] {
        assert_eq!(server.ask("GET", host, &index).status, 421, "{host}");
    }
    let twice = format!(
        "GET {index} HTTP/1.1\r\nHost: {here}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(server.raw(&twice).status, 421);
    let none = format!("GET {index} HTTP/1.0\r\n\r\n");
    assert_eq!(server.raw(&none).status, 421);
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let answer = server.ask(method, &here, &index);
        assert_eq!(answer.status, 405, "{method}");
        assert!(answer.head.contains("allow: get, head"));
    }
    let head = server.ask("HEAD", &here, &index);
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    let local = format!("localhost:{}", server.port);
    assert_eq!(
        server
            .ask("GET", &local, &format!("{index}index.html?x"))
            .status,
        200
    );
}

#[cfg(unix)]
#[test]
fn links_out_of_the_directory_are_not_followed() {
    let home = home();
    std::os::unix::fs::symlink(home.path("secret.txt"), home.path("page/link.txt")).unwrap();
    assert_eq!(serve(&home, &[]).get("link.txt").status, 404);
}

#[test]
fn every_start_has_another_address() {
    let home = home();
    let (one, other) = (serve(&home, &[]), serve(&home, &[]));
    assert_eq!(one.key.len(), 32);
    assert_ne!(one.key, other.key);
    let port = one.port.to_string();
    let directory = home.path("page").to_string_lossy().into_owned();
    let taken = home.run(&["playground", "--dir", &directory, "--port", &port], "");
    assert_eq!(taken.code, Some(1));
    assert!(taken.stderr.contains(&format!("port {port} of 127.0.0.1")));
}

#[test]
fn what_is_missing_is_said() {
    let home = home();
    let empty = home.path("workspace").to_string_lossy().into_owned();
    let answer = home.run(&["playground", "--dir", &empty], "");
    assert_eq!((answer.code, answer.stdout.as_str()), (Some(1), ""));
    assert!(answer.stderr.contains("has no index.html"));
    home.write("user/checkrein.toml", "[policy]\npacks = 1\n");
    let page = home.path("page").to_string_lossy().into_owned();
    let answer = home.run(&["playground", "--dir", &page], "");
    assert_eq!(answer.code, Some(1));
    assert!(answer.stderr.contains("packs"), "{}", answer.stderr);
}
