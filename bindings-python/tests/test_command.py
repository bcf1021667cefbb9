"""The native command that the wheel carries."""

from __future__ import annotations

import json
import subprocess
import sys

import checkrein
from checkrein.__main__ import command

CALL = '{"tool":"Bash","arguments":{"command":"ls"},"agent":{"id":"a"}}'


def test_the_command_is_native_and_of_this_version() -> None:
    with open(command(), "rb") as program:
        assert program.read(2) != b"#!", "a script would start an interpreter for every hook"
    said = subprocess.run([command(), "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == f"checkrein {checkrein.__version__}"


def test_python_m_is_the_same_command() -> None:
    module = [sys.executable, "-m", "checkrein"]
    for arguments, given in ((["--help"], ""), (["authorize"], CALL), (["nonsense"], "")):
        direct, through = (
            subprocess.run([*start, *arguments], input=given, capture_output=True, text=True)
            for start in ([command()], module)
        )
        assert (direct.returncode, direct.stdout) == (through.returncode, through.stdout)
    answered = subprocess.run([*module, "authorize"], input=CALL, capture_output=True, text=True)
    assert json.loads(answered.stdout)["verdict"] == "allow"
