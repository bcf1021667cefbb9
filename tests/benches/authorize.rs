//! Deciding with bundles of 10 to 10,000 policies: the index against plain Cedar over the whole set.

use std::collections::BTreeMap;
use std::hint::black_box;

use cedar_policy::Authorizer;
use checkrein::ToolCall;
use checkrein::action::{Action, Effects, Environment, Resource, Scope, Span};
use checkrein::authorize::authorize_actions;
use checkrein::call::{Agent, Workspace};
use checkrein::policy::{Bundle, Sources};
use checkrein::vocabulary::{
    Completeness, EnvironmentClass, Location, ResourceType, Reversibility, Verb,
};
use checkrein_tests::operator::sources;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

// As in what is shipped.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];

fn call() -> ToolCall {
    ToolCall {
        tool: "bash".to_owned(),
        server: None,
        arguments: serde_json::Map::new(),
        annotations: serde_json::Map::new(),
        agent: Agent {
            id: "agent-3".to_owned(),
            ..Agent::default()
        },
        workspace: Workspace::default(),
        env: BTreeMap::new(),
    }
}

/// Deletes a file of the workspace, which the baseline allows.
fn action() -> Action {
    Action {
        operation: "fs:remove".into(),
        verb: Verb::Delete,
        resource: Resource {
            kind: ResourceType::File,
            id: "/home/dev/app/notes.txt".to_owned(),
            parents: Vec::new(),
        },
        location: Location::Workspace,
        environment: Environment {
            name: "local".to_owned(),
            class: EnvironmentClass::Local,
            evidence: vec!["on this machine".to_owned()],
        },
        reversibility: Reversibility::Recoverable,
        scope: Scope {
            count: Some(1),
            unbounded: false,
        },
        effects: Effects::NONE,
        credential: None,
        completeness: Completeness::Exact,
        span: Span::default(),
        evidence: Vec::new(),
    }
}

fn decide(c: &mut Criterion) {
    let (call, action) = (call(), action());
    let mut group = c.benchmark_group("decide");
    for size in SIZES {
        let bundle = Bundle::load(&sources(size), &mut |_, _| {}).expect("the policies are valid");
        let set = bundle.policy_set().expect("the policies are parsed");
        let query = bundle
            .query(&call, &action, None)
            .expect("the action has a request");
        let outcome = bundle.evaluate(&query);
        assert_eq!(outcome, bundle.evaluate_unsliced(&query, &set));
        assert!(outcome.allowed);
        group.bench_with_input(BenchmarkId::new("index", size), &(), |b, ()| {
            b.iter(|| bundle.evaluate(black_box(&query)));
        });
        group.bench_with_input(BenchmarkId::new("plain", size), &(), |b, ()| {
            b.iter(|| Authorizer::new().is_authorized(&query.request, &set, &query.entities));
        });
        group.bench_with_input(BenchmarkId::new("authorize", size), &(), |b, ()| {
            b.iter(|| authorize_actions(&bundle, black_box(&call), vec![action.clone()]));
        });
        group.bench_with_input(BenchmarkId::new("query", size), &(), |b, ()| {
            b.iter(|| bundle.query(black_box(&call), &action, None));
        });
    }
}

fn load(c: &mut Criterion) {
    let mut group = c.benchmark_group("load");
    group.sample_size(10);
    let baseline = Sources::default();
    group.bench_function("baseline", |b| {
        b.iter(|| Bundle::load(&baseline, &mut |_, _| {}))
    });
    let compiled = Bundle::compile(&baseline, &mut |_, _| {}).expect("the baseline is valid");
    group.bench_function("open_baseline", |b| {
        b.iter(|| Bundle::open(&baseline, &compiled))
    });
    let own = sources(1_000);
    group.bench_function("own_1000", |b| {
        b.iter(|| Bundle::load(&own, &mut |_, _| {}))
    });
    let compiled = Bundle::compile(&own, &mut |_, _| {}).expect("the policies are valid");
    group.bench_function("open_own_1000", |b| {
        b.iter(|| Bundle::open(&own, &compiled))
    });
}

criterion_group!(benches, decide, load);
criterion_main!(benches);
