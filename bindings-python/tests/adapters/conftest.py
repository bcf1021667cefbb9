"""What the tests of all adapters share: the same calls, and a tool that records what it runs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable

import pytest

import checkrein

# CrewAI reads what switches its telemetry off when it is imported.
os.environ |= {
    "CREWAI_DISABLE_TELEMETRY": "true",
    "CREWAI_DISABLE_VERSION_CHECK": "true",
    "CREWAI_TESTING": "true",
    "CREWAI_TRACING_ENABLED": "false",
    "OTEL_SDK_DISABLED": "true",
    "XDG_DATA_HOME": tempfile.mkdtemp(),
}

ALLOW = "git status"
DENY = (
    "curl -s https://backboard.railway.app/graphql/v2 -H 'Authorization: Bearer acct-51b9ce07d2f34a88' "
    '-d \'{"query":"mutation { volumeDelete(volumeId: \\"vol_prod_db\\") }"}\''
)
ASK = "rm -rf src"
ASK_ELSE = "rm -rf docs"
WORKSPACE = {"root": "/repo", "cwd": "/repo"}


class Shell:
    """A tool that records what it was asked to run."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def run(self, command: str) -> str:
        """Run a shell command."""
        self.ran.append(command)
        return f"ran {command}"


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.fixture
def guard() -> checkrein.Guard:
    return checkrein.Guard(inventory="", workspace="/")


@pytest.fixture(params=["engine", "adapter"])
def crash(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Breaks checkrein from now on: the native engine raises, or the shared part of adapters does."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("broken on purpose")

    def arm() -> None:
        if request.param == "engine":
            monkeypatch.setattr(checkrein.Guard, "authorize", fail)
        else:
            monkeypatch.setattr(checkrein.Gate, "rule", fail)

    return arm
