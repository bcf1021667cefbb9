//! Colours. They are removed where there is no terminal or NO_COLOR is set.

use anstyle::{AnsiColor, Color, Style};
use checkrein::vocabulary::Verdict;

/// A failure.
pub const ERROR: Style = colour(AnsiColor::Red).bold();
/// Something to know.
pub const NOTE: Style = colour(AnsiColor::Yellow).bold();
/// Something that went well.
pub const GOOD: Style = colour(AnsiColor::Green).bold();
/// The name of a value.
pub const LABEL: Style = Style::new().dimmed();
/// What matters most on a line.
pub const STRONG: Style = Style::new().bold();
/// The mark under a piece of input.
pub const MARK: Style = colour(AnsiColor::Cyan);

/// The colour of a verdict.
pub const fn verdict(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Allow => colour(AnsiColor::Green).bold(),
        Verdict::NeedsApproval => colour(AnsiColor::Yellow).bold(),
        Verdict::Deny => colour(AnsiColor::Red).bold(),
    }
}

/// A verdict in words.
pub const fn words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allowed",
        Verdict::NeedsApproval => "needs approval",
        Verdict::Deny => "denied",
    }
}

const fn colour(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(colour)))
}
