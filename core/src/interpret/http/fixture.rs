//! A small catalogue that the tests of this folder share.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::client::{self, ClientCall};
use crate::action::{Draft, Effects};
use crate::catalogue::spec::{
    Act, Api, Catalogue, Cond, CredentialRule, GlobAnchor, Hosts, HttpClient, NameWords, PathClass,
    PathGlob, PathRule, Route, SecretMember, Source, Test,
};
use crate::interpret::place::{Machine, Setting};
use crate::interpret::value::{Origin, Piece, Stream, Value};
use crate::vocabulary::{Completeness, ResourceType, Reversibility, Verb};

const fn act(
    operation: &'static str,
    verb: Verb,
    resource: ResourceType,
    id: &'static [Source],
    reversibility: Reversibility,
) -> Act {
    Act {
        when: &[],
        operation,
        verb,
        resource,
        id,
        parents: &[],
        reversibility,
        effects: &[],
        unbounded: false,
        completeness: Completeness::Exact,
        selectors: &[],
        nouns: None,
    }
}

const NOTHING: &[Source] = &[];

static ACME: Api = Api {
    name: "acme",
    hosts: &["api.acme.test", "*.acme-cloud.test"],
    graphql: &["/graphql/v2"],
    secret_members: &[
        SecretMember {
            name: "passphrase",
            argument: None,
        },
        SecretMember {
            name: "settings",
            argument: Some("plain"),
        },
    ],
    mutations: &[
        (
            "itemsRemove",
            &[act(
                "acme:itemsRemove",
                Verb::Delete,
                ResourceType::Object,
                &[Source::Argument("input.ids")],
                Reversibility::Irreversible,
            )],
        ),
        (
            "patchCommit",
            &[
                act(
                    "acme:patchCommit",
                    Verb::Update,
                    ResourceType::Service,
                    &[Source::Argument("serviceId")],
                    Reversibility::Reversible,
                ),
                Act {
                    when: &[Cond {
                        negated: false,
                        test: Test::Holds(Source::Argument("patch"), "isDeleted", "true"),
                    }],
                    ..act(
                        "acme:patchCommit",
                        Verb::Delete,
                        ResourceType::Volume,
                        NOTHING,
                        Reversibility::Irreversible,
                    )
                },
            ],
        ),
        (
            "volumeDelete",
            &[act(
                "acme:volumeDelete",
                Verb::Delete,
                ResourceType::Volume,
                &[Source::Argument("volumeId")],
                Reversibility::Irreversible,
            )],
        ),
    ],
    queries: &[
        (
            "me",
            &[act(
                "acme:me",
                Verb::Read,
                ResourceType::Identity,
                NOTHING,
                Reversibility::None,
            )],
        ),
        (
            "note",
            &[act(
                "acme:note",
                Verb::Read,
                ResourceType::Message,
                NOTHING,
                Reversibility::None,
            )],
        ),
    ],
    grammar: None,
    calls: &[],
    routes: &[
        Route {
            sql: &[],
            methods: &["DELETE"],
            path: "/v1/volumes/{id}",
            acts: &[act(
                "acme:deleteVolume",
                Verb::Delete,
                ResourceType::Volume,
                &[Source::Argument("path.id")],
                Reversibility::Irreversible,
            )],
        },
        Route {
            sql: &[],
            methods: &["DELETE"],
            path: "/v1/volumes/cache",
            acts: &[act(
                "acme:clearCache",
                Verb::Delete,
                ResourceType::Service,
                NOTHING,
                Reversibility::Effortful,
            )],
        },
        Route {
            sql: &[],
            methods: &["DELETE"],
            path: "/v1/repos/{id}",
            acts: &[act(
                "acme:deleteRepo",
                Verb::Delete,
                ResourceType::Repository,
                &[Source::Argument("path.id")],
                Reversibility::Irreversible,
            )],
        },
        Route {
            sql: &[],
            methods: &["POST"],
            path: "/v1/search",
            acts: &[act(
                "acme:search",
                Verb::Read,
                ResourceType::Service,
                NOTHING,
                Reversibility::None,
            )],
        },
        Route {
            sql: &[],
            methods: &["POST"],
            path: "/v1/objects/{rest...}",
            acts: &[act(
                "acme:putObject",
                Verb::Create,
                ResourceType::Object,
                &[Source::Argument("body.name"), Source::Argument("path.rest")],
                Reversibility::Reversible,
            )],
        },
    ],
    credential: Some(CredentialRule {
        env: &["ACME_TOKEN"],
        options: &[],
        profile: "",
    }),
};

/// The catalogue of the fixture.
pub(crate) static CATALOGUE: Catalogue = Catalogue {
    commands: &[],
    apis: std::slice::from_ref(&ACME),
    hosts: Hosts {
        named: &[("api.acme.test", &[0])],
        globs: &[("*.acme-cloud.test", 0)],
    },
    tools: &[],
    paths: &[
        PathRule {
            class: PathClass::Secret,
            names: &["~/.aws/credentials", ".env"],
            needs: &[0, 0],
            globs: &[
                PathGlob {
                    anchor: GlobAnchor::Home,
                    text: ".aws/credentials",
                    last: b's',
                    needs: 0,
                },
                PathGlob {
                    anchor: GlobAnchor::Last(1),
                    text: ".env",
                    last: b'v',
                    needs: 0,
                },
            ],
            above: &[],
            except: &[],
        },
        PathRule {
            class: PathClass::Sink,
            names: &["/dev/null", "/dev/stdout"],
            needs: &[0],
            globs: &[PathGlob {
                anchor: GlobAnchor::Root,
                text: "/dev/{null,stdout}",
                last: 0,
                needs: 0,
            }],
            above: &[],
            except: &[],
        },
    ],
    hints: &[
        ("delete", Verb::Delete),
        ("deploy", Verb::Deploy),
        ("purge", Verb::Delete),
        ("remove", Verb::Delete),
        ("reset", Verb::Delete),
    ],
    code_sinks: &[],
    secret_variables: &["*_TOKEN", "*_SECRET*"],
    package_hosts: &[],
    credential_headers: &["authorization", "x-api-key", "*-token"],
    credential_parameters: &["access_token"],
    steering_variables: &[],
    servers: &[],
    names: NameWords {
        creating: &[],
        changing: &[],
        reading: &[],
        credentials: &[],
        naming_parameters: &[],
        nouns: &[],
        steering_arguments: &[],
    },
    sql: crate::catalogue::sql::Sql {
        statements: &[],
        commands: &[],
        functions: &[],
        pure: "",
        families: &[],
        looking: "",
        reserved: "",
        clauses: &[],
        clause_letters: [0; 27],
        clause_families: &[],
        noise: &[],
    },
    steering_harmless: &[],
    guard_variables: &[],
    guard_names: &[],
    observing: &[],
    code: &[],
};

/// A setting in `/repo` of `/home/ann`.
pub(crate) fn setting() -> Setting<'static> {
    Setting {
        catalogue: &CATALOGUE,
        root: Some("/repo"),
        home: Some("/home/ann"),
        cwd: Some("/repo"),
        machine: Machine::Local,
        effects: Effects::NONE,
        argument: Cow::Borrowed("command"),
        span: (0, 1),
        here: false,
    }
}

/// Whether the drafts hold the deletion of volume `vol_1`.
pub(crate) fn deletes_the_volume(drafts: &[Draft]) -> bool {
    drafts.iter().any(|draft| {
        draft.operation == "acme:volumeDelete"
            && draft.verb == Verb::Delete
            && draft.resource.kind == ResourceType::Volume
            && draft.resource.id == "vol_1"
            && draft.reversibility == Reversibility::Irreversible
    })
}

/// Whether all drafts only observe and are understood.
pub(crate) fn is_harmless(drafts: &[Draft]) -> bool {
    !drafts.is_empty()
        && drafts.iter().all(|draft| {
            matches!(draft.verb, Verb::Read | Verb::List)
                && draft.reversibility == Reversibility::None
                && draft.completeness < Completeness::Opaque
        })
}

/// Whether some draft could be anything.
pub(crate) fn is_opaque(drafts: &[Draft]) -> bool {
    drafts.iter().any(|draft| {
        draft.verb == Verb::Unknown
            && draft.completeness == Completeness::Opaque
            && draft.reversibility == Reversibility::Irreversible
    })
}

/// Deterministic pseudo-random numbers (xorshift64).
#[derive(Debug)]
pub(crate) struct Random(pub u64);

impl Random {
    pub(crate) fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % below
    }
}

pub(crate) const GRAPHQL: &str = "https://api.acme.test/graphql/v2";
pub(crate) const DELETION: &str = r#"{"query":"mutation { volumeDelete(volumeId: \"vol_1\") }"}"#;

/// A value in which `${NAME}` is a variable that is not known, `$(@path)` the content of a file and
/// `$()` something unseen.
pub(crate) fn value(text: &str) -> Value {
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

/// A client program with its input and the files of the call.
pub(crate) struct Case {
    pub client: HttpClient,
    pub stdin: Stream,
    pub files: BTreeMap<String, Stream>,
}

impl Case {
    pub(crate) fn of(client: HttpClient) -> Self {
        Self {
            client,
            stdin: Stream::default(),
            files: BTreeMap::new(),
        }
    }

    pub(crate) fn drafts(&self, options: &[(&str, &str)], operands: &[&str]) -> Vec<Draft> {
        let options: Vec<(&str, Value)> = options
            .iter()
            .map(|(role, text)| (*role, value(text)))
            .collect();
        let operands: Vec<Value> = operands.iter().map(|text| value(text)).collect();
        let call = ClientCall {
            client: self.client,
            options: options.iter().map(|(role, value)| (*role, value)).collect(),
            operands: &operands,
            stdin: &self.stdin,
            files: &self.files,
            span: (3, 9),
        };
        client::interpret(&call, &setting()).0
    }
}

pub(crate) fn curl(options: &[(&str, &str)], operands: &[&str]) -> Vec<Draft> {
    Case::of(HttpClient::Curl).drafts(options, operands)
}

pub(crate) fn httpie(operands: &[&str]) -> Vec<Draft> {
    Case::of(HttpClient::Httpie).drafts(&[], operands)
}
