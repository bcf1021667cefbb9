//! The server: this machine only, reading only, and only for those who know the address.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use tiny_http::{Header, Method, Request, Response, Server, StatusCode};

use super::operator;
use super::site::{INDEX, Site};
use crate::options::ConfigOptions;

/// Threads that answer, so that a slow reader holds up no one else.
const THREADS: usize = 4;
/// The path of the operator's files.
const OPERATOR: &str = "operator.json";
/// Headers of every answer. The page asks for nothing but its own files, and no other page may use them.
const HEADERS: &[(&str, &str)] = &[
    (
        "Content-Security-Policy",
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
];

/// What is served, and to whom.
pub struct Page {
    site: Site,
    config: ConfigOptions,
    /// First part of every path. Policies are not for every user of the machine to read.
    key: String,
}

/// An answer: status, media type, whether it is compressed, content.
type Answer<'a> = (u16, &'a str, bool, Vec<u8>);

/// A server that listens already.
pub struct Listening {
    page: Arc<Page>,
    server: Arc<Server>,
    address: SocketAddr,
}

impl Page {
    /// A page under a path that cannot be guessed.
    pub fn new(site: Site, config: ConfigOptions) -> Result<Self, String> {
        let mut random = [0_u8; 16];
        getrandom::fill(&mut random).map_err(|error| format!("there is no randomness: {error}"))?;
        let mut key = String::new();
        for byte in random {
            write!(key, "{byte:02x}").map_err(|error| error.to_string())?;
        }
        Ok(Self { site, config, key })
    }

    /// Listens on `port` of this machine's loopback interface.
    pub fn listen(self, port: u16) -> Result<Listening, String> {
        let fail = |error: &dyn std::fmt::Display| format!("port {port} of 127.0.0.1: {error}");
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| fail(&error))?;
        let address = listener.local_addr().map_err(|error| fail(&error))?;
        let server = Server::from_listener(listener, None).map_err(|error| fail(&error))?;
        Ok(Listening {
            page: Arc::new(self),
            server: Arc::new(server),
            address,
        })
    }

    /// The answer to a request for `target` at `host`.
    fn answer(&self, method: &Method, host: Option<&str>, target: &str, port: u16) -> Answer<'_> {
        // A name of another site that resolves to this machine is how its pages would get in.
        let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
        if !host.is_some_and(|host| hosts.iter().any(|own| host.eq_ignore_ascii_case(own))) {
            return plain(421, "this server answers to 127.0.0.1 only");
        }
        if !matches!(method, Method::Get | Method::Head) {
            return plain(405, "only GET and HEAD");
        }
        let path = target.split(['?', '#']).next().unwrap_or_default();
        let inside = path
            .strip_prefix('/')
            .and_then(|path| path.strip_prefix(self.key.as_str()))
            .and_then(|path| path.strip_prefix('/'));
        match inside {
            None => plain(404, "no such page; the address has a key in it"),
            Some("" | INDEX) => self.index(),
            Some(OPERATOR) => match operator::files(&self.config) {
                Ok(Some(files)) => (200, "application/json", false, files.to_string().into()),
                Ok(None) => plain(404, "there is no configuration"),
                Err(error) => plain(500, &error),
            },
            Some(path) => match self.site.file(path) {
                Some(file) => (200, file.media, file.compressed, file.bytes.to_vec()),
                None => plain(404, "no such file"),
            },
        }
    }

    /// The page, told where the operator's files are when there are any.
    fn index(&self) -> Answer<'_> {
        let Some(file) = self.site.file(INDEX) else {
            return plain(404, "no such file");
        };
        let Ok(html) = std::str::from_utf8(&file.bytes) else {
            return plain(500, "the page is not text");
        };
        let told = match operator::files(&self.config) {
            Ok(None) => html.to_owned(),
            // Mistakes are told when the files are asked for.
            _ => html.replacen(
                "</head>",
                &format!("<meta name=\"checkrein-operator\" content=\"{OPERATOR}\" /></head>"),
                1,
            ),
        };
        (200, file.media, false, told.into_bytes())
    }
}

impl Listening {
    /// The page's address.
    pub fn address(&self) -> String {
        format!("http://{}/{}/", self.address, self.page.key)
    }

    /// Answers requests until the process ends.
    pub fn run(self) {
        let port = self.address.port();
        let workers = (0..THREADS).map(|_| {
            let (page, server) = (Arc::clone(&self.page), Arc::clone(&self.server));
            std::thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    respond(&page, request, port);
                }
            })
        });
        let workers: Vec<_> = workers.collect();
        for worker in workers {
            // One that has panicked is one fewer; the others go on.
            let _ = worker.join();
        }
    }
}

fn respond(page: &Page, request: Request, port: u16) {
    let mut hosts = request
        .headers()
        .iter()
        .filter(|header| header.field.equiv("Host"));
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => Some(host.value.as_str()),
        _ => None,
    };
    let (status, media, compressed, bytes) =
        page.answer(request.method(), host, request.url(), port);
    let mut response = Response::from_data(bytes).with_status_code(StatusCode(status));
    let own = [("Content-Type", media)].into_iter();
    let encoded = compressed.then_some(("Content-Encoding", "gzip"));
    let allowed = (status == 405).then_some(("Allow", "GET, HEAD"));
    for (name, value) in HEADERS
        .iter()
        .copied()
        .chain(own)
        .chain(encoded)
        .chain(allowed)
    {
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    // Whoever asked has gone; there is no one to tell.
    let _ = request.respond(response);
}

fn plain<'a>(status: u16, text: &str) -> Answer<'a> {
    (
        status,
        "text/plain; charset=utf-8",
        false,
        format!("{text}\n").into(),
    )
}
