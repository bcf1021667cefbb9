"""A panic in the engine is a refusal. Needs the native module built with the feature `fault`,
whose path is in CHECKREIN_FAULTY_MODULE; `cargo xtask test` builds it."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys

import checkrein

SCRIPT = """
import json, checkrein
guard = checkrein.Guard(inventory="", workspace="/")
gate = checkrein.Gate(guard, agent="a")
before = guard.authorize("Bash", {"command": "git status"}, agent="a").verdict.value
broken = guard.authorize("checkrein.fault.panic", {}, agent="a")
ruling = gate.rule("checkrein.fault.panic", {})
raw = json.loads(guard.authorize_json('{"tool":"checkrein.fault.panic"}'))
try:
    guard.check("checkrein.fault.panic", {}, agent="a")
    raised = None
except checkrein.Denied as error:
    raised = type(error).__name__
after = guard.authorize("Bash", {"command": "git status"}, agent="a").verdict.value
print(json.dumps([before, broken.verdict.value, broken.errors[0].kind, ruling.outcome.value,
                  raw["verdict"], raised, after]))
"""


def test_a_panic_is_a_refusal_and_the_guard_goes_on(tmp_path: pathlib.Path) -> None:
    faulty = os.environ["CHECKREIN_FAULTY_MODULE"]
    package = tmp_path / "checkrein"
    shutil.copytree(pathlib.Path(checkrein.__file__).parent, package)
    shutil.copy(faulty, package / "_native.abi3.so")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [
        "allow",
        "deny",
        "internal",
        "refuse",
        "deny",
        "Denied",
        "allow",
    ]


def test_what_is_shipped_has_no_such_tool() -> None:
    guard = checkrein.Guard(inventory="")
    decision = guard.authorize("checkrein.fault.panic", {}, agent="a", workspace={}, env={})
    assert decision.errors == ()
