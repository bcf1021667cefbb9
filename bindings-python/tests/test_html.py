"""The picture of a decision: nothing in it but text, whatever the call says."""

from __future__ import annotations

import html.parser
import json
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

import checkrein
from checkrein import Decision
from checkrein._html import _STYLE
from support import INCIDENT, cases, incident_call

HOSTILE = [
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' onclick='alert(1)",
    "</code></details></div><h1>ALLOWED</h1>",
    "&lt;script&gt; &amp;",
    "]]> <!-- <![CDATA[",
    "javascript:alert(1)",
    "https://evil.example/pixel.png",
    "{{constructor.constructor('alert(1)')()}}",
    "\x00\x01\x1b[31m",
    "\u202egnp.exe",
    "zero\u200bwidth\ufeff",
    "\ud800",
    "\uffff",
    "A" * 100_000,
]
TAGS = set(
    [
        "div",
        "style",
        "p",
        "span",
        "strong",
        "code",
        "details",
        "summary",
        "dl",
        "dt",
        "dd",
        "ul",
        "li",
        "i",
    ]
)
ATTRIBUTES = {"class", "open", "role", "aria-label"}


class Reader(html.parser.HTMLParser):
    """Reads HTML as a browser does: what is markup in it, and what is text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.classes: list[str] = []
        self.style = ""
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append(tag)
        self.tags.append(tag)
        self.attributes += attrs
        self.classes += [name for key, value in attrs if key == "class" for name in _words(value)]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["style"]:
            self.style += data
        else:
            self.text += data

    def handle_comment(self, data: str) -> None:
        pytest.fail(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        pytest.fail(f"a declaration: {decl}")


def _words(value: str | None) -> list[str]:
    return (value or "").split()


def read(decision: Decision) -> Reader:
    """Reads a decision's picture, and checks what holds of every one."""
    text = decision._repr_html_()
    ElementTree.fromstring(text)
    reader = Reader(text)
    assert set(reader.tags) <= TAGS
    assert {name for name, _ in reader.attributes} <= ATTRIBUTES
    assert reader.tags.count("style") == 1 and reader.style == _STYLE
    return reader


def picture_of(data: dict[str, Any]) -> Reader:
    return read(Decision(json.dumps(data), "refuse", ""))


def action(**more: Any) -> dict[str, Any]:
    return {
        "operation": "railway:volumeDelete",
        "verb": "delete",
        "resource": {"type": "Volume", "id": "vol", "parents": [{"type": "Project", "id": "p"}]},
        "location": "remote",
        "environment": {"name": "main", "class": "production", "evidence": ["its id"]},
        "reversibility": "irreversible",
        "scope": {"count": 1, "unbounded": False},
        "effects": ["destroys_recovery"],
        "completeness": "exact",
        "span": {"argument": "command", "start": 0, "end": 1},
        "evidence": [],
        "verdict": "deny",
        "policies": [{"effect": "forbid", "id": "baseline.x", "reason": "because"}],
        **more,
    }


def decision(*actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "verdict": "deny",
        "reason": "why",
        "actions": list(actions),
        "errors": [],
        "bundle": "sha256:" + "0" * 64,
        **more,
    }


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_text(text: str) -> None:
    """Everywhere at once, as no engine would let it."""
    hostile = action(
        operation=text,
        verb=text,
        resource={"type": text, "id": text, "parents": [{"type": text, "id": text}] * 2},
        location=text,
        environment={"name": text, "class": text + "x", "evidence": [text]},
        reversibility=text,
        effects=[text, text],
        credential={
            "source": text,
            "issued": False,
            "environments": [text],
            "name": text,
            "fingerprint": text,
            "declared": text,
        },
        completeness=text,
        evidence=[text],
        policies=[{"effect": text, "id": text, "reason": text}],
    )
    reader = picture_of(
        decision(
            hostile,
            reason=text,
            advice=text,
            bundle=text,
            errors=[{"kind": text, "message": text}],
            approval={"fingerprint": text, "teams": [text, text]},
        )
    )
    plain = picture_of(
        decision(
            json.loads(json.dumps(hostile).replace(json.dumps(text)[1:-1], "text")),
            reason="text",
            advice="text",
            bundle="text",
            errors=[{"kind": "text", "message": "text"}],
            approval={"fingerprint": "text", "teams": ["text", "text"]},
        )
    )
    assert reader.tags == plain.tags
    assert reader.attributes == plain.attributes
    assert len(reader.text) < 15_000
    if text.isprintable() and len(text) < 100:
        assert reader.text.count(text) > 15


def test_hostile_ids_through_the_engine() -> None:
    guard = checkrein.Guard(inventory="", workspace="/")
    for text in HOSTILE:
        for arguments in (
            {"path": text},
            {"path": f"/tmp/{text}"},
            {text: text},
            {"command": text},
        ):
            for tool in ("write_file", "bash", text[:50]):
                read(guard.authorize(tool, arguments, agent="builder", workspace="/", env={}))


def test_what_turns_or_hides_text_is_shown_as_its_number() -> None:
    reader = picture_of(decision(reason="a\u202eb\u200bc\nd"))
    assert r"a\u{202e}b\u{200b}c\u{a}d" in reader.text


def test_the_incident() -> None:
    guard = checkrein.Guard.from_config(INCIDENT / "checkrein.toml")
    denied = Decision(guard.authorize_json(json.dumps(incident_call())), "refuse", "")
    reader = read(denied)
    (act,) = denied.actions
    for text in (
        "✕ deny",
        denied.reason,
        f"Instead: {denied.advice}",
        f"delete → Volume {act.resource.id}",
        "production",
        *act.environment.evidence,
        "irreversible · 5 of 5",
        "destroys_recovery",
        "✕ not issued to this agent",
        "exactly",
        *(f"forbid {policy.id} · {policy.reason}" for policy in act.policies),
    ):
        assert text in reader.text
    assert act.credential is not None and act.credential.fingerprint is not None
    assert act.credential.fingerprint not in reader.text
    assert act.credential.fingerprint[:19] + "…" in reader.text


def test_the_three_verdicts() -> None:
    guard = checkrein.Guard(inventory="", workspace="/")
    context: dict[str, Any] = {"agent": "a", "workspace": {"root": "/r", "cwd": "/r"}, "env": {}}
    allowed = read(guard.authorize("bash", {"command": "git status"}, **context))
    assert "✓ allow" in allowed.text and allowed.classes[0:2] == ["checkrein", "allow"]
    assert "nothing to undo · 1 of 5" in allowed.text

    asked = read(guard.authorize("bash", {"command": "rm -rf src"}, **context))
    assert "? needs approval" in asked.text and asked.classes[0:2] == ["checkrein", "ask"]
    assert "May be approved by: operator" in asked.text

    denied = read(guard.authorize("bash", {"command": object()}, **context))
    assert "✕ deny" in denied.text and denied.classes[0:2] == ["checkrein", "deny"]
    assert "⚠ malformed: " in denied.text
    assert "no action was understood" in denied.text
    assert "details" not in denied.tags


@pytest.mark.parametrize(
    ("level", "step"),
    [("none", 1), ("reversible", 2), ("recoverable", 3), ("effortful", 4), ("irreversible", 5)],
)
def test_the_scale_of_reversibility(level: str, step: int) -> None:
    reader = picture_of(decision(action(reversibility=level)))
    assert [reader.classes.count(name) for name in ("on", "off")] == [step, 5 - step]
    assert ("aria-label", f"{step} of 5") in reader.attributes
    assert f"{step} of 5" in reader.text


def test_a_level_nobody_knows_is_the_worst() -> None:
    assert picture_of(decision(action(reversibility="new"))).classes.count("on") == 5


def test_details_of_an_action() -> None:
    credential = {
        "source": "variable",
        "issued": True,
        "environments": ["staging"],
        "name": "TOKEN",
        "declared": "railway",
    }
    reader = picture_of(
        decision(
            action(
                scope={"unbounded": True},
                completeness="partial",
                credential=credential,
                evidence=[f"evidence {number}" for number in range(9)],
                policies=[],
            )
        )
    )
    for text in (
        "Volume vol in Project p",
        "main (production) · remote · its id",
        "not counted · ⚠ nothing bounds it",
        "⚠ in part · evidence 0 · evidence 1",
        "and 5 more",
        "✓ issued to this agent · variable · TOKEN · declared as railway · reaches staging",
        "no policy permits it",
    ):
        assert text in reader.text
    assert "evidence 4" not in reader.text


@pytest.mark.parametrize("count", [0, 1, 4, 5, 12, 13, 60, 1_000])
def test_any_number_of_actions(count: int) -> None:
    """The strictest comes first, and most are folded."""
    actions = [action(verdict="allow", verb=f"look{number}") for number in range(count)]
    if count > 1:
        actions[-1] = action(verdict="deny", verb="destroy")
        actions[-2] = action(verdict="needs_approval", verb="change")
    text = decision(*actions)
    reader = picture_of(text)
    drawn = min(count, 200)
    assert reader.tags.count("details") == drawn + (count > 12)
    assert reader.tags.count("details") - [name for name, _ in reader.attributes].count("open") == (
        drawn + (count > 12) - min(count, 1)
    )
    if count > 1:
        verbs = ["destroy", "change", "look0"][:count]
        places = [reader.text.index(f". {verb} →") for verb in verbs]
        assert places == sorted(places)
        assert f"{count}. destroy" in reader.text
        assert f"{count} actions: ✕ deny: 1, ? needs approval: 1" in reader.text
    assert (f"{count - 12} more actions" in reader.text) == (count > 12)
    assert (f"{count - 200} of them are not drawn" in reader.text) == (count > 200)
    assert len(Decision(json.dumps(text), "refuse", "")._repr_html_()) < 500_000


def test_no_more_than_some_are_unfolded() -> None:
    reader = picture_of(decision(*[action() for _ in range(10)]))
    assert [name for name, _ in reader.attributes].count("open") == 4


def test_every_conformance_case() -> None:
    guards: dict[Any, checkrein.Guard] = {}
    for case in cases():
        if case.inventory not in guards:
            text = case.inventory.read_text() if case.inventory else ""
            guards[case.inventory] = checkrein.Guard(inventory=text, workspace="/")
        read(
            Decision(
                guards[case.inventory].authorize_json(json.dumps(case.content["call"])), "", ""
            )
        )


def test_nothing_is_requested() -> None:
    """No address, no import, no file: a picture shows what it holds."""
    assert not re.search(r"https?:|//|url\(|@import|@font-face|expression|javascript", _STYLE)
    selectors = re.findall(r"(?:^|[}{])\s*([^{}@]+)\{", _STYLE)
    assert len(selectors) > 20
    for selector in selectors:
        assert all(".checkrein" in part for part in selector.split(",")), selector


def test_contrast() -> None:
    """WCAG 2.2 AA: 4.5 to 1 for text, 3 to 1 for what a scale shows; in light and dark."""
    colours = {
        name: pair for name, *pair in re.findall(r"--(\w+):light-dark\((#\w{6}),(#\w{6})\)", _STYLE)
    }
    pairs = [
        *(
            (front, back, 4.5)
            for front in ("text", "soft", "allow", "ask", "deny")
            for back in ("page", "card")
        ),
        *(("on", verdict, 4.5) for verdict in ("allow", "ask", "deny")),
        *((verdict, "off", 3.0) for verdict in ("allow", "ask", "deny")),
    ]
    for front, back, least in pairs:
        for theme in (0, 1):
            ratio = _contrast(colours[front][theme], colours[back][theme])
            assert ratio >= least, (front, back, theme, ratio)


def _contrast(front: str, back: str) -> float:
    light, dark = sorted((_luminance(front), _luminance(back)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
