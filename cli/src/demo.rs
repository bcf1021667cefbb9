//! `checkrein demo`: an incident replayed call by call.
//!
//! An agent that was sent to fix PocketOS's staging found a token in an unrelated file
//! and deleted the production volume, with its backups, in nine seconds.

mod scene;

use std::fmt::{self, Write};
use std::process::ExitCode;

use checkrein::policy::{SourceFile, Sources};
use checkrein::vocabulary::Verdict;
use checkrein::{Bundle, Decision};

use crate::show::decision::WIDTH;
use crate::show::style::{self, ERROR, GOOD, LABEL, STRONG};
use crate::show::{plain, wrap};
use crate::{engine, show};
use scene::{Must, Scene};

const INVENTORY: &str = include_str!("template/demo.toml");

/// Where the text of a scene starts.
const INDENT: usize = 8;

/// Replay an incident call by call, decided by the real engine.
#[derive(clap::Args)]
#[command(
    after_help = "Nothing is run and nothing is sent; the tokens and ids are made up.\n\n\
    Exit codes:\n  0  the deletion was denied and its staging twin allowed\n  1  otherwise"
)]
pub struct Options {
    /// No colours
    #[arg(long)]
    no_color: bool,
}

/// Runs the command.
pub fn run(options: &Options) -> ExitCode {
    engine::quiet_panics();
    if options.no_color {
        anstream::ColorChoice::Never.write_global();
    }
    let sources = Sources {
        inventory: Some(SourceFile {
            name: "demo.toml".to_owned(),
            text: INVENTORY.to_owned(),
        }),
        ..Sources::default()
    };
    let bundle = match Bundle::load(&sources, &mut |_, _| {}) {
        Ok(bundle) => bundle,
        Err(errors) => {
            show::error(&errors);
            return ExitCode::FAILURE;
        }
    };
    let mut text = String::new();
    // INVARIANT: writing to a String does not fail.
    let held = play(&mut text, &bundle).unwrap_or(false);
    anstream::print!("{text}");
    if held {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Writes the scenes and whether every verdict is the one it must be.
fn play(out: &mut impl Write, bundle: &Bundle) -> Result<bool, fmt::Error> {
    writeln!(
        out,
        "{STRONG}Nine seconds{STRONG:#}  an agent is sent to fix staging, and production is gone\n"
    )?;
    let mut held = true;
    for scene in scene::SCENES {
        let call = scene.call();
        let decision = engine::authorize(bundle, &call);
        let as_it_must = scene.must.holds(decision.verdict);
        held &= as_it_must;
        show_scene(out, scene, &decision, as_it_must)?;
    }
    if held {
        let summary = "the deletion was denied before it ran; its twin in staging was allowed";
        writeln!(out, "{GOOD}{summary}{GOOD:#}")?;
    } else {
        writeln!(
            out,
            "{ERROR}the verdicts are not what they must be: do not rely on this build{ERROR:#}"
        )?;
    }
    Ok(held)
}

fn show_scene(
    out: &mut impl Write,
    scene: &Scene,
    decision: &Decision,
    as_it_must: bool,
) -> fmt::Result {
    let verdict = style::verdict(decision.verdict);
    let words = style::words(decision.verdict);
    let space = WIDTH
        .saturating_sub(INDENT + scene.title.chars().count() + words.len())
        .max(1);
    writeln!(
        out,
        "{LABEL}{:INDENT$}{LABEL:#}{STRONG}{}{STRONG:#}{:space$}{verdict}{words}{verdict:#}",
        scene.time, scene.title, ""
    )?;
    for line in scene.shown {
        writeln!(out, "{:INDENT$}{LABEL}│{LABEL:#} {line}", "")?;
    }
    for judged in &decision.actions {
        let action = &judged.action;
        let credential =
            action
                .credential
                .as_ref()
                .map(|used| match (&used.declared, used.issued) {
                    (Some(name), true) => format!(", with `{name}`, issued to it"),
                    (Some(name), false) => format!(", with `{name}`, issued to somebody else"),
                    (None, _) => ", with a credential nobody issued".to_owned(),
                });
        let text = format!(
            "{} {} {} in {}, undone: {}{}",
            action.verb,
            action.resource.kind,
            action.resource.id,
            action.environment.name,
            action.reversibility,
            credential.unwrap_or_default()
        );
        paragraph(out, "→ ", &text)?;
    }
    if decision.verdict != Verdict::Allow {
        paragraph(out, "✗ ", &decision.reason)?;
        if let Some(advice) = &decision.advice {
            paragraph(out, "  ", &format!("instead: {advice}"))?;
        }
    }
    if !as_it_must {
        writeln!(
            out,
            "{:INDENT$}{ERROR}this call must be {}{ERROR:#}",
            "",
            scene.must.words()
        )?;
    }
    for line in wrap(scene.note, WIDTH - INDENT) {
        writeln!(out, "{:INDENT$}{LABEL}{line}{LABEL:#}", "")?;
    }
    writeln!(out)
}

fn paragraph(out: &mut impl Write, bullet: &str, text: &str) -> fmt::Result {
    for (index, line) in wrap(&plain(text), WIDTH - INDENT - 2).iter().enumerate() {
        let bullet = if index == 0 { bullet } else { "  " };
        writeln!(out, "{:INDENT$}{bullet}{line}", "")?;
    }
    Ok(())
}

impl Must {
    fn holds(self, verdict: Verdict) -> bool {
        match self {
            Self::Pass => verdict == Verdict::Allow,
            Self::Stop => verdict == Verdict::Deny,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Pass => "allowed",
            Self::Stop => "denied",
        }
    }
}
