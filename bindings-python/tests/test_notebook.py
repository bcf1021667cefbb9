"""The example notebook: its cells run, and show what the text around them says."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

import checkrein
from checkrein import Verdict
from support import ROOT

NOTEBOOK = ROOT / "examples" / "python" / "playing_with_decisions.ipynb"


def cells(kind: str) -> list[str]:
    notebook = json.loads(NOTEBOOK.read_text())
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def run(source: str, names: dict[str, Any]) -> Any:
    """Runs a cell as a notebook does; the value of its last line, when that is an expression."""
    body = ast.parse(source).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    return None


def test_no_output_is_committed() -> None:
    for cell in json.loads(NOTEBOOK.read_text())["cells"]:
        assert cell.get("outputs", []) == [] and cell.get("execution_count") is None


def test_the_cells(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(NOTEBOOK.parent)
    monkeypatch.syspath_prepend(str(NOTEBOOK.parent))
    names: dict[str, Any] = {}
    shown = []
    for source in cells("code"):
        value = run(source, names)
        if isinstance(value, checkrein.Decision):
            shown.append(value)
            assert value._repr_html_().endswith("</div>")
    assert [decision.verdict for decision in shown] == [
        Verdict.ALLOW,
        Verdict.ALLOW,
        Verdict.DENY,
        Verdict.NEEDS_APPROVAL,
        Verdict.NEEDS_APPROVAL,
    ]
    last = shown[-1]
    assert "staging is shown to a customer this week" in last.reason
    assert last.approval is not None and last.approval.teams == ("sales",)
    printed = capsys.readouterr().out
    for text in (
        "delete Volume vol_prod_db",
        "reversibility: irreversible",
        "did you mean `approval`?",
        "ran git status",
        "The human said no.",
    ):
        assert text in printed
