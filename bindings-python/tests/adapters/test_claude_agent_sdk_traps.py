"""What gets around a careless guard: the further tests of `claude_agent_sdk`."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from claude_agent_sdk import (
    ClaudeAgentOptions,
    HookMatcher,
    PermissionResultAllow,
    PermissionResultDeny,
    ToolPermissionContext,
    create_sdk_mcp_server,
)
from claude_agent_sdk_scenario import (
    BARE,
    MKDIR,
    TOUCH,
    WRITE,
    Human,
    Lab,
    Watching,
    bash,
    decide,
    event,
    guarded,
    rewriting,
    run,
    shell_calls,
    sub_agent,
)
from conftest import ALLOW, DENY

import checkrein
from checkrein.claude_agent_sdk import guard_options
from claude_mock import Calls, Turn

pytest_plugins = ["claude_agent_sdk_scenario"]


# --- Claude Code's own tools and permissions ------------------------------------------------------


def test_own_tools(lab: Lab, harmless: checkrein.Guard) -> None:
    write = {"file_path": str(lab.repo / ".claude/settings.json"), "content": "{}"}
    options = lab.options(bash(WRITE), bash(MKDIR), bash(TOUCH), [("Write", write)])
    run(guard_options(options, harmless))
    assert lab.files() == ["allowed"]
    assert "nobody makes directories here" in lab.told(2)
    assert "a human decides about empty files" in lab.told(3)
    assert not (lab.repo / ".claude/settings.json").exists()


def test_own_tools_with_a_human(lab: Lab, harmless: checkrein.Guard) -> None:
    nested: dict[str, list[Turn]] = {"NESTED work": [bash(MKDIR), bash(TOUCH), "done"]}
    run(guard_options(lab.options(sub_agent(), nested=nested), harmless, ask=Human()))
    assert lab.files() == ["asked"]
    assert "nobody makes directories here" in lab.told(2)


@pytest.mark.parametrize("mode", ["default", "acceptEdits", "plan", "dontAsk", "auto"])
def test_every_permission_mode(lab: Lab, harmless: checkrein.Guard, mode: Any) -> None:
    options = lab.options(bash(MKDIR), bash(TOUCH), allowed_tools=["Bash"], permission_mode=mode)
    run(guard_options(options, harmless, ask=Human(False)))
    assert lab.files() == []
    assert "nobody makes directories here" in lab.told(1)
    assert "said no" in lab.told(2)


def test_permissions_of_claude_code_stay(lab: Lab, harmless: checkrein.Guard) -> None:
    options = lab.options(bash(WRITE), bash(TOUCH), permission_mode="default")
    run(guard_options(options, harmless, ask=Human()))
    assert lab.files() == []


def test_hooks_of_the_caller_stay(lab: Lab, guard: checkrein.Guard) -> None:
    seen: list[str] = []

    async def hook(event: Any, *_: Any) -> Any:
        seen.append(event["hook_event_name"])
        if ALLOW not in json.dumps(event["tool_input"]):
            return {}
        answer = {"hookEventName": "PreToolUse", "permissionDecision": "deny"}
        return {"hookSpecificOutput": {**answer, "permissionDecisionReason": "not now"}}

    matchers = [HookMatcher(hooks=[hook])]
    options = lab.options(
        shell_calls(ALLOW, "ls"), hooks={"PreToolUse": matchers, "PostToolUse": matchers}
    )
    run(guarded(options, guard))
    assert lab.shell.ran == ["ls"]
    assert "not now" in lab.told()
    assert sorted(seen) == ["PostToolUse", "PreToolUse", "PreToolUse"]


def test_an_error_of_the_tool_passes_through(lab: Lab, guard: checkrein.Guard) -> None:
    def fail(command: str) -> str:
        lab.shell.ran.append(command)
        raise RuntimeError("disk full")

    lab.shell.run = fail  # type: ignore[method-assign]
    run(guarded(lab.options(shell_calls(ALLOW)), guard))
    assert lab.shell.ran == [ALLOW]
    assert "disk full" in lab.told()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"extra_args": {"bare": None}}, "hooks off"),
        ({"extra_args": {"settings": "{}"}}, "option `settings`"),
        ({"extra_args": {"permission-prompt-tool": "x"}}, "can_use_tool"),
        ({"extra_args": {"cloud": None}}, "no hook of this process"),
        ({"permission_prompt_tool_name": "mcp__x__y"}, "can_use_tool"),
        ({"env": {"CLAUDE_CODE_SIMPLE": "1"}}, "CLAUDE_CODE_SIMPLE"),
        ({"settings": json.dumps(BARE)}, "CLAUDE_CODE_SIMPLE"),
        ({"settings": '{"disableAllHooks": true}'}, "disableAllHooks"),
        ({"settings": "missing.json"}, "cannot be read"),
        ({"settings": "[]"}, "cannot be read"),
        ({"settings": "{"}, "cannot be read"),
    ],
)
def test_what_would_switch_it_off_is_refused(
    guard: checkrein.Guard, options: dict[str, Any], why: str
) -> None:
    with pytest.raises(checkrein.ConfigurationError, match=why):
        guard_options(ClaudeAgentOptions(**options), guard)


def test_a_bare_environment_is_refused(
    guard: checkrein.Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CODE_SIMPLE", "true")
    with pytest.raises(checkrein.ConfigurationError, match="CLAUDE_CODE_SIMPLE"):
        guard_options(ClaudeAgentOptions(), guard)
    guard_options(ClaudeAgentOptions(env={"CLAUDE_CODE_SIMPLE": "0"}), guard)


def test_settings_of_the_caller_stay(guard: checkrein.Guard, tmp_path: Path) -> None:
    own = {"permissions": {"deny": ["Bash(rm *)"]}, "disableSkillShellExecution": False}
    (tmp_path / "own.json").write_text(json.dumps(own), "utf-8-sig")
    for text in (json.dumps(own), "own.json"):
        options = guard_options(ClaudeAgentOptions(settings=text, cwd=tmp_path), guard)
        assert options.settings is not None
        assert json.loads(options.settings) == {**own, "env": {"CLAUDE_CODE_SIMPLE": "0"}}


def test_settings_files_do_not_switch_it_off(lab: Lab, harmless: checkrein.Guard) -> None:
    off = {**BARE, "disableAllHooks": True}
    for path in ("home/.claude/settings.json", "repo/.claude/settings.json"):
        lab.write(path, off)
    lab.write("repo/.claude/settings.local.json", off)
    run(guard_options(lab.options(bash(MKDIR), bash(WRITE)), harmless))
    assert lab.files() == ["allowed"]


def test_settings_files_do_not_count_later(lab: Lab, harmless: checkrein.Guard) -> None:
    """Without the guard, a file that changes in mid-session counts at once."""
    lab.write("home/.claude/settings.json", {})

    def later() -> Calls:
        variables = {"CLAUDE_CODE_SIMPLE": "1", "LATER": "counts"}
        lab.write("home/.claude/settings.json", {"env": variables})
        time.sleep(3)
        return bash(MKDIR)

    run(guard_options(lab.options(bash("true"), later, bash('echo "$LATER" > allowed')), harmless))
    assert lab.files() == ["allowed"]
    assert (lab.repo / "allowed").read_text() == "\n"


@pytest.mark.parametrize("prompt", ["go", "/demo"])
def test_shell_in_skills_is_not_run(lab: Lab, harmless: checkrein.Guard, prompt: str) -> None:
    skill = "---\nname: demo\ndescription: a demo\n---\nHello !`mkdir denied`\n"
    lab.write("repo/.claude/skills/demo/SKILL.md", skill)
    run(guard_options(lab.options([("Skill", {"skill": "demo"})]), harmless), prompt)
    assert lab.files() == []


def test_what_the_guard_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_PROCESS", "1")
    (tmp_path / "repo/sub").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "repo")
    guard = Watching()
    server = create_sdk_mcp_server("my tools", tools=[])
    options = guard_options(
        ClaudeAgentOptions(
            cwd=tmp_path / "link", env={"FROM_OPTIONS": "2"}, mcp_servers={"my tools": server}
        ),
        guard,
    )
    repo = (tmp_path / "repo").resolve()
    assert decide(options, event(cwd=str(repo / "sub"), agent_type="ops-bot")) == {}
    ours = {"name": "my tools", "source": "sdk"}
    decide(options, event(cwd="/etc", tool_name="mcp__my_tools__ls__a", mcp_server=ours))
    theirs = {"name": "my tools", "source": "project"}
    decide(options, event(tool_name="mcp__my_tools__ls", mcp_server=theirs))
    decide(options, event(tool_name="mcp__git__ls", mcp_server={"name": "git", "source": "sdk"}))
    (bash, own, other, git) = guard.calls
    assert bash[1]["workspace"] == repo / "sub"
    assert bash[1]["agent"] == "claude-code", "what sub-agents are called is not to be trusted"
    assert bash[1]["session"] == "s-1"
    assert bash[1]["env"]["FROM_PROCESS"] == "1"
    assert bash[1]["env"]["FROM_OPTIONS"] == "2"
    assert own[1]["workspace"] == {"root": repo.as_posix(), "cwd": "/etc"}
    assert (own[0], own[1]["server"]) == ("ls__a", None)
    assert (other[0], other[1]["server"]) == ("mcp__my_tools__ls", "my tools")
    assert (git[0], git[1]["server"]) == ("mcp__git__ls", "git")


def test_a_guard_that_fails_blocks(guard: checkrein.Guard) -> None:
    own = HookMatcher(matcher="Bash", hooks=[rewriting(ALLOW)])
    options = guard_options(ClaudeAgentOptions(hooks={"PreToolUse": [own]}), guard, timeout=7)
    assert options.hooks is not None
    first, second = options.hooks["PreToolUse"]
    assert (first.matcher, first.timeout, first.on_failure) == (None, 7, "block")
    assert (second.matcher, len(second.hooks)) == ("Bash", 1)
    assert own.hooks != second.hooks, "the caller's own options stay as they are"


def test_context_of_the_caller_goes_first(tmp_path: Path) -> None:
    guard = Watching()
    context: dict[str, Any] = {
        "agent": "builder",
        "session": "s-9",
        "on_behalf_of": "ann@example.com",
        "workspace": tmp_path,
        "env": {"A": "b"},
    }
    decide(guard_options(ClaudeAgentOptions(), guard, **context), event())
    assert guard.calls[0][1].items() >= context.items()


@pytest.mark.parametrize(
    "broken",
    [
        {},
        None,
        {**event(), "tool_input": None},
        {**event(), "tool_name": None},
        {**event(), "mcp_server": {}},
        {**event(), "cwd": 7},
    ],
)
def test_a_broken_event_is_refused(guard: checkrein.Guard, broken: Any) -> None:
    answer = decide(guard_options(ClaudeAgentOptions(), guard), broken)
    assert answer["hookSpecificOutput"]["permissionDecision"] == "deny"
    assert "checkrein" in answer["hookSpecificOutput"]["permissionDecisionReason"]


def test_can_use_tool_without_a_hook(guard: checkrein.Guard) -> None:
    """A call that no hook has seen, as when hooks are off, is decided there."""

    async def permit(*_: Any) -> PermissionResultAllow:
        return PermissionResultAllow()

    async def ask(command: str) -> Any:
        options = guarded(ClaudeAgentOptions(can_use_tool=permit), guard)
        assert options.can_use_tool is not None
        context = ToolPermissionContext(tool_use_id="t-1")
        return await options.can_use_tool("Bash", {"command": command}, context)

    assert isinstance(asyncio.run(ask(ALLOW)), PermissionResultAllow)
    assert isinstance(asyncio.run(ask(DENY)), PermissionResultDeny)
