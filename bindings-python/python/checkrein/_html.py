"""A decision as a picture, for notebooks. Whatever comes from a call is text, never markup."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Sequence

from ._actions import Action, Credential, Environment, Resource
from ._decision import Decision, Verdict

# Class, symbol and words of each verdict, strictest first: colour alone says nothing.
_VERDICTS = {
    Verdict.DENY: ("deny", "✕ deny"),
    Verdict.NEEDS_APPROVAL: ("ask", "? needs approval"),
    Verdict.ALLOW: ("allow", "✓ allow"),
}
_SCALE = ("none", "reversible", "recoverable", "effortful", "irreversible")
_COMPLETENESS = {"exact": "exactly", "partial": "⚠ in part", "opaque": "⚠ not at all"}
_UNFOLDED = 4  # actions whose card is open
_SEEN = 12  # actions whose card is not among the folded others
_MOST = 200  # actions that are drawn at all
_CLIP = 300  # characters of a text

_STYLE = """
.checkrein{color-scheme:light dark;--page:light-dark(#ffffff,#16191f);--card:light-dark(#f5f7f9,#1f242c);
--line:light-dark(#d3d9e0,#3a424d);--text:light-dark(#1c2127,#e8ebef);--soft:light-dark(#57606a,#a6b0bc);
--off:light-dark(#cfd6dd,#444d59);--on:light-dark(#ffffff,#10141a);--allow:light-dark(#176f30,#57c973);
--ask:light-dark(#8a5700,#e6b04a);--deny:light-dark(#b8202b,#ff8f88);max-width:54rem;padding:.7rem 1.1rem .8rem;
color:var(--text);background:var(--page);border:1px solid var(--line);border-left:5px solid var(--verdict);border-radius:8px;
overflow-wrap:anywhere;font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
[data-jp-theme-light="false"] .checkrein,.vscode-dark .checkrein{color-scheme:dark}
[data-jp-theme-light="true"] .checkrein,.vscode-light .checkrein{color-scheme:light}
.checkrein .deny,.checkrein.deny{--verdict:var(--deny)}
.checkrein .ask,.checkrein.ask{--verdict:var(--ask)}
.checkrein .allow,.checkrein.allow{--verdict:var(--allow)}
.checkrein code{padding:0;color:inherit;background:none;font:.93em/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.checkrein .badge{margin-right:.5em;padding:.15em .75em;border-radius:1em;color:var(--on);background:var(--verdict)}
.checkrein .badge,.checkrein .mark{font-weight:650;white-space:nowrap} .checkrein .mark{color:var(--verdict)}
.checkrein .pill{display:inline-block;margin-right:.3em;padding:0 .6em;border:1px solid var(--line);border-radius:1em}
.checkrein details{margin:.5rem 0;padding:.45rem .8rem;background:var(--card);border:1px solid var(--line);border-radius:6px}
.checkrein .more{background:none} .checkrein summary{cursor:pointer} .checkrein p{margin:.35rem 0}
.checkrein dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.3rem 1rem;margin:.55rem 0 .15rem}
.checkrein dt{margin:0;font-weight:400} .checkrein dt,.checkrein .soft{color:var(--soft)}
.checkrein dd,.checkrein ul{margin:0;padding:0;list-style:none}
.checkrein .scale{display:inline-flex;gap:3px;margin-right:.6em;vertical-align:.08em}
.checkrein .scale i{width:1.7em;height:.5em;border-radius:2px;background:var(--off)} .checkrein .scale .on{background:var(--verdict)}
@media (max-width:520px){.checkrein dl{grid-template-columns:1fr;gap:0}}
"""


def render(decision: Decision) -> str:
    """The decision as HTML that needs nothing else: no script, no file, no request."""
    kind, words = _VERDICTS[decision.verdict]
    parts = [
        _Html(f"<style>{_STYLE}</style>"),
        _tag("p", _tag("span", words, class_="badge"), " ", decision.reason),
    ]
    if decision.advice:
        parts.append(_tag("p", _soft("Instead: "), decision.advice))
    approval = decision.approval
    if approval is not None:
        teams = _joined([_tag("strong", team) for team in approval.teams], " or ")
        call = _tag("code", _short(approval.fingerprint))
        parts.append(_tag("p", _soft("May be approved by: "), teams, _soft(" · this call: "), call))
    for failure in decision.errors:
        mark = _tag("span", f"⚠ {failure.kind}", class_="mark")
        parts.append(_tag("p", mark, ": ", failure.message))
    parts += _cards(decision.actions)
    bundle = [" · policies: ", _tag("code", _short(decision.bundle))] if decision.bundle else []
    parts.append(_tag("p", _count(decision.actions), *bundle, class_="soft"))
    return _tag("div", *parts, class_=f"checkrein {kind}", role="group", aria_label="decision")


class _Html(str):
    """Markup; every other text is escaped before it becomes a part of it."""

    __slots__ = ()


def _cards(actions: Sequence[Action]) -> list[_Html]:
    """A card for each action, the strictest first; those beyond what one sees at once folded."""
    strictness = list(_VERDICTS)
    ordered = sorted(enumerate(actions, 1), key=lambda item: strictness.index(item[1].verdict))
    cards = []
    for place, (number, action) in enumerate(ordered[:_MOST]):
        unfolded = place < _UNFOLDED and action.verdict is ordered[0][1].verdict
        cards.append(_card(f"{number}. " if len(actions) > 1 else "", action, unfolded))
    if len(actions) > _SEEN:
        others = [_tag("summary", f"{len(actions) - _SEEN} more actions"), *cards[_SEEN:]]
        if len(actions) > _MOST:
            others.append(_tag("p", f"{len(actions) - _MOST} of them are not drawn"))
        cards[_SEEN:] = [_tag("details", *others, class_="more")]
    return cards


def _card(number: str, action: Action, unfolded: bool) -> _Html:
    kind, words = _VERDICTS[action.verdict]
    title = _joined([number, _tag("strong", action.verb), " → ", _resource(action.resource)])
    operation = _soft(" · ", _tag("code", action.operation), " · ")
    summary = _tag("summary", title, operation, _tag("span", words, class_="mark"))
    rows = {
        "Environment": _environment(action.environment, action.location),
        "Reversibility": _reversibility(action.reversibility),
        "Scope": _scope(action),
    }
    if action.effects:
        effects = [_tag("code", effect, class_="pill") for effect in action.effects]
        rows["Effects"] = _joined(effects, " ")
    if action.credential is not None:
        rows["Credential"] = _credential(action.credential)
    understood = _COMPLETENESS.get(action.completeness, action.completeness)
    rows["Understood"] = _joined([understood, _evidence(action.evidence)])
    policies = [
        _tag("li", policy.effect, " ", _tag("code", policy.id), _soft(" · "), policy.reason)
        for policy in action.policies
    ]
    rows["Policies"] = _tag("ul", *policies) if policies else _soft("no policy permits it")
    table = [_joined([_tag("dt", name), _tag("dd", value)]) for name, value in rows.items()]
    state = {"open": "open"} if unfolded else {}
    return _tag("details", summary, _tag("dl", *table), class_=kind, **state)


def _resource(resource: Resource) -> _Html:
    parents = [_joined([parent.type, " ", _tag("code", parent.id)]) for parent in resource.parents]
    where = [_soft(" in ", _joined(parents, ", "))] if parents else []
    return _joined([resource.type, " ", _tag("code", resource.id), *where])


def _environment(environment: Environment, location: str) -> _Html:
    class_ = "" if environment.class_ == environment.name else f" ({environment.class_})"
    evidence = _evidence(environment.evidence) or _soft(" · nothing shows which")
    return _joined([_tag("strong", environment.name), class_, _soft(f" · {location}"), evidence])


def _reversibility(level: str) -> _Html:
    step = _SCALE.index(level) if level in _SCALE else len(_SCALE) - 1
    colour = ("allow", "allow", "ask", "ask", "deny")[step]
    bars = [_tag("i", class_="on" if place <= step else "off") for place in range(len(_SCALE))]
    label = f"{step + 1} of {len(_SCALE)}"
    scale = _tag("span", *bars, class_=f"scale {colour}", role="img", aria_label=label)
    word = "nothing to undo" if level == "none" else level
    return _joined([scale, _tag("strong", word), _soft(f" · {label}")])


def _scope(action: Action) -> _Html:
    count = action.scope.count
    counted = "not counted" if count is None else f"{count} {action.resource.type}"
    bound = [_soft(" · "), _tag("strong", "⚠ nothing bounds it")] if action.scope.unbounded else []
    return _joined([counted, *bound])


def _credential(credential: Credential) -> _Html:
    kind, words = ("allow", "✓ issued") if credential.issued else ("deny", "✕ not issued")
    issued = _tag("span", f"{words} to this agent", class_=f"mark {kind}")
    parts: list[str] = [issued, credential.source]
    if credential.name:
        parts.append(_tag("code", credential.name))
    if credential.declared:
        parts.append(_joined(["declared as ", _tag("code", credential.declared)]))
    if credential.environments:
        parts.append("reaches " + ", ".join(credential.environments))
    if credential.fingerprint:
        parts.append(_tag("code", _short(credential.fingerprint)))
    return _joined(parts, _soft(" · "))


def _evidence(evidence: Sequence[str], most: int = 4) -> _Html:
    left_out = [f"and {len(evidence) - most} more"] if len(evidence) > most else []
    return _joined([_soft(" · ", text) for text in [*evidence[:most], *left_out]])


def _count(actions: Sequence[Action]) -> str:
    if len(actions) < 2:
        return "1 action" if actions else "no action was understood"
    verdicts = [action.verdict for action in actions]
    each = [f"{words}: {verdicts.count(v)}" for v, (_, words) in _VERDICTS.items() if v in verdicts]
    return f"{len(actions)} actions: {', '.join(each)}"


def _short(digest: str) -> str:
    return digest[:19] + "…" if len(digest) > 20 else digest


def _soft(*children: str) -> _Html:
    return _tag("span", *children, class_="soft")


def _tag(name: str, *children: str, **attributes: str) -> _Html:
    named = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_escaped(value)}"'
        for key, value in attributes.items()
    )
    return _Html(f"<{name}{named}>{_joined(children)}</{name}>")


def _joined(parts: Sequence[str], between: str = "") -> _Html:
    return _Html(between.join(_escaped(part) for part in parts))


def _escaped(text: str) -> str:
    if isinstance(text, _Html):
        return text
    clipped = text if len(text) <= _CLIP else text[: _CLIP - 1] + "…"
    return html.escape("".join(map(_visible, clipped)))


def _visible(character: str) -> str:
    """The character, or its number when it could turn the text around it or cannot be seen."""
    if unicodedata.category(character) in ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"):
        return f"\\u{{{ord(character):x}}}"
    return character
