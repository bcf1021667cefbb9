//! Cases of GraphQL requests.

use super::*;
use crate::interpret::http::fixture::{
    Random, deletes_the_volume, is_harmless, is_opaque, setting,
};
use crate::interpret::json;

fn endpoint() -> Endpoint<'static> {
    Endpoint {
        api: Some(&setting().catalogue.apis[0]),
        host: Some("api.acme.test"),
        service: "api.acme.test/graphql/v2",
    }
}

/// The drafts of a body.
fn body(text: &str) -> Vec<Draft> {
    let body = json::read(text).unwrap_or(Argument::Unknown);
    interpret(&endpoint(), &body, &setting())
}

/// The drafts of a document with JSON variables.
fn with(query: &str, variables: &str) -> Vec<Draft> {
    let query = serde_json::Value::from(query);
    body(&format!("{{\"query\":{query},\"variables\":{variables}}}"))
}

fn document(query: &str) -> Vec<Draft> {
    with(query, "{}")
}

#[test]
fn the_deletion_is_found_in_every_form() {
    for query in [
        r#"mutation { volumeDelete(volumeId: "vol_1") }"#,
        r#"mutation GetVolume{volumeDelete(volumeId:"vol_1")}"#,
        r#"mutation { fetch: volumeDelete(volumeId: "vol_1") }"#,
        r#"mutation @live { me: volumeDelete(volumeId: "vol_1") @skip(if: true) }"#,
        "mutation { volumeDelete(volumeId: \"\"\"vol_1\"\"\") }",
        r#"mutation { volumeDelete(volumeId: "\u0076ol_1") }"#,
        "# query { me }\nmutation # {\n{ , volumeDelete ( volumeId : \"vol_1\" ) }",
        r#"mutation { ...Look } fragment Look on Mutation { volumeDelete(volumeId: "vol_1") }"#,
        r#"mutation { ...A } fragment A on Mutation { ...B } fragment B on Mutation { volumeDelete(volumeId: "vol_1") ...A }"#,
        r#"mutation { ... on Mutation { ... @include(if: false) { volumeDelete(volumeId: "vol_1") } } }"#,
        r#"query Read { me } mutation Write { volumeDelete(volumeId: "vol_1") }"#,
        r#"mutation($id: String = "vol_1") { volumeDelete(volumeId: $id) }"#,
    ] {
        assert!(deletes_the_volume(&document(query)), "{query}");
    }
}

#[test]
fn variables_and_envelopes_are_resolved() {
    let query = "mutation M($id: String!) { volumeDelete(volumeId: $id) }";
    assert!(deletes_the_volume(&with(query, r#"{"id":"vol_1"}"#)));
    assert!(deletes_the_volume(&with(query, r#""{\"id\":\"vol_1\"}""#)));
    assert!(deletes_the_volume(&body(
        r#"[{"query":"{me}"},{"query":"mutation{volumeDelete(volumeId:\"vol_1\")}"}]"#
    )));
    assert!(deletes_the_volume(&body(
        r#"{"Query":"mutation{volumeDelete(volumeId:\"vol_1\")}"}"#
    )));
    assert!(deletes_the_volume(&body(
        r#"{"query":"query A{me} mutation B{volumeDelete(volumeId:\"vol_1\")}","operationName":"B"}"#
    )));
    assert!(deletes_the_volume(&body(
        r#"{"query":"query A{me} mutation B{volumeDelete(volumeId:\"vol_1\")}","operationName":"C"}"#
    )));
    assert!(deletes_the_volume(&body(
        r#"{"query":"\u006dutation{volume\u0044elete(volumeId:\"vol_1\")}"}"#
    )));
}

#[test]
fn text_that_only_mentions_the_deletion_passes() {
    for query in [
        r#"query { note(text: "mutation { volumeDelete(volumeId: \"vol_1\") }") { id } }"#,
        "query { # mutation { volumeDelete(volumeId: \"vol_1\") }\n me { id } }",
        r#"{ volumeDelete: me { id } }"#,
        r#"query volumeDelete { me { id } }"#,
        "{ note(text: \"\"\" \\\"\"\" } mutation { volumeDelete } \"\"\") { id } }",
        r#"query A { me } fragment Unused on Mutation { volumeDelete(volumeId: "vol_1") }"#,
        "{ __schema { mutationType { fields { name } } } }",
        "{ __typename }",
        "subscription { volumeDelete { id } }",
    ] {
        assert!(
            is_harmless(&document(query)),
            "{query}: {:?}",
            document(query)
        );
    }
    let query = "query($t: String) { note(text: $t) { id } }";
    let variables = r#"{"t":"mutation { volumeDelete(volumeId: \"vol_1\") }"}"#;
    assert!(is_harmless(&with(query, variables)));
    assert!(is_harmless(&body(
        r#"{"query":"query A{me} mutation B{volumeDelete(volumeId:\"vol_1\")}","operationName":"A"}"#
    )));
}

#[test]
fn lists_objects_and_conditions_reach_the_acts() {
    let ids = |drafts: &[Draft]| -> Vec<String> {
        drafts
            .iter()
            .map(|draft| draft.resource.id.clone())
            .collect()
    };
    let drafts = document(r#"mutation { itemsRemove(input: {ids: ["a", "b"], soft: false}) }"#);
    assert_eq!(ids(&drafts), ["a", "b"]);
    assert_eq!(drafts[0].scope.count, Some(2));
    let patch =
        r#"mutation { patchCommit(serviceId: "s", patch: {volumes: {v: {isDeleted: true}}}) }"#;
    assert!(document(patch).iter().any(|one| one.verb == Verb::Delete));
    let keeps = patch.replace("true", "false");
    assert!(document(&keeps).iter().all(|one| one.verb == Verb::Update));
    let query = "mutation($p: Patch) { patchCommit(serviceId: \"s\", patch: $p) }";
    assert!(with(query, "{}").iter().any(|one| one.verb == Verb::Delete));
    assert!(
        with(query, "{\"p\":{}}")
            .iter()
            .all(|one| one.verb == Verb::Update)
    );
}

#[test]
fn unknown_fields_are_judged_by_their_words() {
    let one = |query: &str| document(query).remove(0);
    let draft = one("mutation { clusterPurge(id: 1) }");
    assert_eq!(
        (draft.operation.as_ref(), draft.verb),
        ("acme:clusterPurge", Verb::Delete)
    );
    assert_eq!(draft.resource.kind, ResourceType::Unknown);
    assert_eq!(draft.completeness, Completeness::Partial);
    let draft = one("mutation { frobnicate }");
    assert_eq!(draft.verb, Verb::Unknown);
    assert_eq!(draft.reversibility, Reversibility::Irreversible);
    let draft = one("{ weather { sun } }");
    assert_eq!(
        (draft.verb, draft.completeness),
        (Verb::Read, Completeness::Partial)
    );
    let draft = one("{ __schema { types { name } } }");
    assert_eq!(
        (draft.verb, draft.completeness),
        (Verb::List, Completeness::Exact)
    );
    let anywhere = Endpoint {
        api: None,
        host: None,
        service: "*",
    };
    let request = json::read(r#"{"query":"mutation{deleteThing(id:1)}"}"#).unwrap();
    let draft = interpret(&anywhere, &request, &setting()).remove(0);
    assert_eq!(
        (draft.operation.as_ref(), draft.verb),
        ("graphql:deleteThing", Verb::Delete)
    );
}

#[test]
fn what_cannot_be_seen_is_partial_or_opaque() {
    let draft = document(r#"mutation { volumeDelete(volumeId: "CHECKREIN_UNSEEN") }"#).remove(0);
    assert_eq!(
        (draft.verb, draft.completeness),
        (Verb::Delete, Completeness::Partial)
    );
    assert_eq!(draft.resource.id, "*");
    let draft = with(
        "mutation($i: ID!) { volumeDelete(volumeId: $i) }",
        "CHECKREIN_UNSEEN",
    );
    assert_eq!(draft[0].completeness, Completeness::Partial);
    let draft = document(r#"mutation { volumeDelete(volumeId: "a", volumeId: "b") }"#).remove(0);
    assert_eq!(
        (draft.verb, draft.resource.id.as_str()),
        (Verb::Delete, "*")
    );
    for text in [
        r#"{"query":"mutation { CHECKREIN_UNSEEN }"}"#,
        r#"{"query":"CHECKREIN_UNSEEN"}"#,
        r#"{"query":CHECKREIN_UNSEEN}"#,
        r#"{"query":"{me}","CHECKREIN_UNSEEN":1}"#,
        r#"{"query":"{me}","query":"mutation{volumeDelete(volumeId:1)}"}"#,
        r#"{"query":"{me}","Query":"mutation{volumeDelete(volumeId:1)}"}"#,
        r#"{"extensions":{"persistedQuery":{"sha256Hash":"ab"}}}"#,
        r#"{"query":"","id":"abc"}"#,
        r#"{"query":"mutation { volumeDelete("}"#,
        r#"{"query":"fragment A on Mutation { volumeDelete }"}"#,
        r#"{"query":"mutation { ...Missing }"}"#,
        r#"{"query":"mutation { ...A } fragment A on Mutation { x } fragment A on Mutation { y }"}"#,
        r#"[{"query":"{me}"},7]"#,
        "[]",
        "7",
        "not json",
    ] {
        assert!(is_opaque(&body(text)), "{text}");
    }
}

#[test]
fn bombs_are_bounded_and_opaque() {
    let deep = format!("{}{}", "{a".repeat(5_000), "}".repeat(5_000));
    assert!(is_opaque(&document(&deep)));
    let list = format!("{{a(b:{}{})}}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(is_opaque(&document(&list)));
    let kinds = format!(
        "query($a:{}A{}){{me}}",
        "[".repeat(9_000),
        "]".repeat(9_000)
    );
    assert!(is_opaque(&document(&kinds)));
    let masked = format!("{{note(text:\"{}\"){}", "}".repeat(900), "{a".repeat(900));
    assert!(is_opaque(&document(&masked)));
    assert!(is_opaque(&document(&format!(
        "{{me {}}}",
        " ".repeat(70_000)
    ))));
    let many: String = (0..10_000).map(|n| format!(" a{n}:me")).collect();
    let drafts = document(&format!("{{{}}}", &many[..60_000]));
    assert!(is_opaque(&drafts) && drafts.len() <= limits::GRAPHQL_FIELDS + 1);
    let cycle =
        "mutation{...A} fragment A on Mutation{...B ...B} fragment B on Mutation{...A ...A me}";
    let drafts = document(cycle);
    assert_eq!(drafts.len(), 1);
    let batch = format!(
        "[{}{{\"query\":\"{{me}}\"}}]",
        "{\"query\":\"{me}\"},".repeat(5_000)
    );
    let drafts = body(&batch);
    assert!(is_opaque(&drafts) && drafts.len() <= limits::GRAPHQL_FIELDS + 1);
    let uses: String = (0..250).map(|n| format!(" a{n}:note(text:$v)")).collect();
    let value = format!("{{\"v\":\"{}\"}}", "x".repeat(100_000));
    assert!(is_opaque(&with(
        &format!("query($v:String){{{uses}}}"),
        &value
    )));
}

#[test]
fn random_text_never_panics() {
    let words = [
        "mutation",
        "query",
        "subscription",
        "fragment",
        "on",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        "$",
        "v",
        "\"",
        "\"\"\"",
        "\\",
        "\\u{1}",
        "\\uD83D",
        "...",
        "@",
        "!",
        "=",
        "#",
        "\n",
        ",",
        "me",
        "volumeDelete",
        "1",
        "-",
        "0.5",
        "true",
        "null",
        "é",
        "\u{feff}",
        " ",
        "extend",
        "schema",
        "type",
        "&",
        "|",
        "CHECKREIN_UNSEEN",
    ];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..4_000 {
        let length = random.next(24) + 1;
        let text: String = (0..length)
            .map(|_| words[random.next(words.len())])
            .collect::<Vec<_>>()
            .join(if random.next(2) == 0 { " " } else { "" });
        assert!(!document(&text).is_empty());
        let _ = body(&text);
    }
}

#[test]
fn secret_members_are_found_at_any_depth() {
    let reads_secret = |query: &str, variables: &str| {
        with(query, variables)
            .iter()
            .any(|draft| draft.effects.contains(Effect::SecretRead))
    };
    for query in [
        "{ item { passphrase } }",
        "{ item { owner { item { plain: passphrase } } } }",
        "{ item { ...F } } fragment F on Item { ...G } fragment G on Item { owner { passphrase } }",
        "{ item { ... on Item @skip(if: true) { passphrase } } }",
        "mutation { volumeCreate { passphrase } }",
        "{ item { settings(plain: true) } }",
        "query($p: Boolean) { item { settings(plain: $p) } }",
    ] {
        assert!(reads_secret(query, "{}"), "{query}");
    }
    for query in [
        "{ item { name hint } }",
        "{ item { passphrase: name } }",
        "{ item(name: \"passphrase\") { id } }",
        "{ item { id } } fragment Unused on Item { passphrase }",
        "{ item { settings } }",
        "{ item { settings(plain: false) } }",
        "query($p: Boolean) { item { settings(plain: $p) } }",
    ] {
        assert!(!reads_secret(query, "{\"p\":false}"), "{query}");
    }
}

#[test]
fn more_members_than_are_looked_at_make_a_document_opaque() {
    let names = "a ".repeat(300);
    let fields: String = (0..200)
        .map(|at| format!("f{at}: item {{ ...F }} "))
        .collect();
    let query = format!("{{ {fields} }} fragment F on Item {{ {names} }}");
    assert!(is_opaque(&document(&query)));
}
