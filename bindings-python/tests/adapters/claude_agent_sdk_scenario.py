"""What the tests of `claude_agent_sdk` share."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from claude_agent_sdk import (
    ClaudeAgentOptions,
    ToolResultBlock,
    UserMessage,
    create_sdk_mcp_server,
    query,
    tool,
)
from conftest import WORKSPACE, Shell

import checkrein
from checkrein.claude_agent_sdk import guard_options
from claude_mock import Calls, Model, Turn

# Claude Code's own Bash: what a policy says about harmless commands.
POLICIES = """
@id("test.mkdir")
@reason("nobody makes directories here")
forbid (principal, action, resource) when { context.operation == "fs:mkdir" };

@id("test.touch")
@reason("a human decides about empty files")
forbid (principal, action, resource)
when { context.operation == "fs:touch" }
unless { context has approval };
"""
WRITE = "echo hello > allowed"
MKDIR = "mkdir denied"
TOUCH = "touch asked"

Ask = Callable[[checkrein.Ruling], "bool | Awaitable[bool]"]


class Human:
    """Answers every question the same, and remembers it."""

    def __init__(self, answer: Any = True) -> None:
        self.answer = answer
        self.asked: list[checkrein.Ruling] = []

    def __call__(self, ruling: checkrein.Ruling) -> Any:
        self.asked.append(ruling)
        return self.answer


class Lab:
    """A repository, a home and a scripted model."""

    def __init__(self, root: Path, shell: Shell) -> None:
        self.home = root / "home"
        self.repo = root / "repo"
        for directory in (self.home / ".claude", self.repo / ".claude"):
            directory.mkdir(parents=True)
        self.shell = shell
        self.models: list[Model] = []

    def options(self, *turns: Turn, nested: Any = None, **options: Any) -> ClaudeAgentOptions:
        self.models.append(Model(*turns, nested=nested))
        shell = self.shell

        @tool("bash", "Run a shell command.", {"command": str})
        async def bash(arguments: dict[str, Any]) -> dict[str, Any]:
            return {"content": [{"type": "text", "text": shell.run(arguments["command"])}]}

        env = {**self.model.env(self.home), **options.pop("env", {})}
        options.setdefault("permission_mode", "bypassPermissions")
        return ClaudeAgentOptions(
            cwd=self.repo,
            env=env,
            mcp_servers={"lab": create_sdk_mcp_server("lab", tools=[bash])},
            **options,
        )

    @property
    def model(self) -> Model:
        return self.models[-1]

    def told(self, number: int = 1) -> str:
        return self.model.told[f"call_{number}"]

    def files(self) -> list[str]:
        return sorted(path.name for path in self.repo.iterdir() if path.name != ".claude")

    def write(self, path: str, content: Any) -> None:
        file = self.repo.parent / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content))


@pytest.fixture
def lab(tmp_path: Path, shell: Shell) -> Iterator[Lab]:
    lab = Lab(tmp_path, shell)
    yield lab
    for model in lab.models:
        model.close()


@pytest.fixture
def harmless() -> checkrein.Guard:
    return checkrein.Guard(policies=POLICIES, inventory="", packs=["baseline"], workspace="/")


def guarded(
    options: ClaudeAgentOptions, guard: checkrein.Guard, ask: Ask | None = None, **context: Any
) -> ClaudeAgentOptions:
    return guard_options(options, guard, ask=ask, workspace=WORKSPACE, env={}, **context)


def run(options: ClaudeAgentOptions, prompt: str = "go") -> list[str]:
    """What the calls of the main agent gave, in order."""

    async def drive() -> list[str]:
        results = []
        async for message in query(prompt=prompt, options=options):
            if isinstance(message, UserMessage) and isinstance(message.content, list):
                blocks = [b for b in message.content if isinstance(b, ToolResultBlock)]
                results += [str(block.content) for block in blocks]
        return results

    return asyncio.run(asyncio.wait_for(drive(), 120))


def shell_calls(*commands: str) -> Calls:
    return [("mcp__lab__bash", {"command": command}) for command in commands]


def bash(*commands: str) -> Calls:
    return [("Bash", {"command": command, "description": "test"}) for command in commands]


def sub_agent() -> Calls:
    arguments = {"description": "d", "prompt": "NESTED work", "subagent_type": "general-purpose"}
    return [("Agent", arguments)]


HOOK = Callable[[Any, Any, Any], Awaitable[Any]]


def rewriting(command: str, decision: str = "allow") -> HOOK:
    async def rewrite(event: Any, *_: Any) -> Any:
        answer = {"hookEventName": "PreToolUse", "permissionDecision": decision}
        return {"hookSpecificOutput": {**answer, "updatedInput": {"command": command}}}

    return rewrite


# --- switching the guard off ----------------------------------------------------------------------

BARE = {"env": {"CLAUDE_CODE_SIMPLE": "1"}}


# --- what the guard is told -----------------------------------------------------------------------


class Watching(checkrein.Guard):
    """Remembers the calls."""

    def __init__(self) -> None:
        super().__init__(inventory="", workspace="/")
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def authorize(self, tool: str, arguments: Any, **context: Any) -> checkrein.Decision:
        self.calls.append((tool, context))
        return super().authorize(tool, arguments, **context)


def hook_of(options: ClaudeAgentOptions) -> Any:
    assert options.hooks is not None
    return options.hooks["PreToolUse"][0].hooks[0]


def event(**members: Any) -> dict[str, Any]:
    return {
        "hook_event_name": "PreToolUse",
        "session_id": "s-1",
        "cwd": "/repo",
        "tool_name": "Bash",
        "tool_input": {"command": "git status"},
        "tool_use_id": "t-1",
        **members,
    }


def decide(options: ClaudeAgentOptions, given: Any) -> Any:
    return asyncio.run(hook_of(options)(given, "t-1", {"signal": None}))
