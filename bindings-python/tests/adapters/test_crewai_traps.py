"""What gets around a careless guard: the further tests of `crewai`."""

# CrewAI reads what switches its telemetry off when it is imported.

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from conftest import ALLOW, ASK, DENY, Shell
from crewai.hooks import HookAborted, InterceptionPoint, get_hooks, on
from crewai.hooks.dispatch import register_scoped, scoped_hooks
from crewai.tools import tool
from crewai.tools.mcp_native_tool import MCPNativeTool
from crewai.utilities.agent_utils import (
    convert_tools_to_openai_schema,
    execute_single_native_tool_call,
)
from crewai_scenario import RUNS, Adapted, bash, builder, crew, put, script
from pydantic import BaseModel

import checkrein
from checkrein.crewai import Refused

pytest_plugins = ["crewai_scenario"]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_hook_replaces_the_mapping(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    """CrewAI runs the tool with the mapping it handed out, so that one is decided on."""

    @on(InterceptionPoint.PRE_TOOL_CALL)
    def replace(context: Any) -> None:
        context.tool_name, context.tool_input = "bash", {"command": ALLOW}

    put(guard)
    llm = script([DENY], native=native)
    RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == []
    assert "railway:volumeDelete" in llm.told


def test_scoped_hook(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    """Hooks of an execution run after the guard, whatever it does: refused."""

    def edit(context: Any) -> None:
        context.tool_input["command"] = DENY

    put(guard)
    llm = script([ALLOW], native=native)
    with scoped_hooks():
        register_scoped(InterceptionPoint.PRE_TOOL_CALL, edit)
        RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == []
    assert "hooks of this execution" in llm.told


def test_hooks_cleared(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    """Whoever clears the tool hooks does not take the guard away for more than that moment."""
    from crewai.hooks import clear_before_tool_call_hooks

    put(guard)
    clear_before_tool_call_hooks()
    llm = script([DENY], native=native)
    RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == []


def test_two_guards(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    other = checkrein.Guard(
        policies='@id("none") @reason("nothing runs here") forbid(principal, action, resource);',
        inventory="",
        packs=["baseline"],
    )
    first = put(guard)
    with put(other):
        llm = script([ALLOW], native=native)
        RUNS["crew"](llm, [bash(shell)])
        assert shell.ran == [] and "nothing runs here" in llm.told
    llm = script([DENY], [ALLOW], native=native)
    RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == [ALLOW]
    first.uninstall()
    assert not any(get_hooks(point) for point in InterceptionPoint)
    RUNS["crew"](script([DENY], native=native), [bash(shell)])
    assert shell.ran == [ALLOW, DENY]


def test_who_and_where(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    asked: list[dict[str, Any]] = []

    class Recording(checkrein.Guard):
        __slots__ = ()

        def authorize(self, tool: str, arguments: Any, **context: Any) -> checkrein.Decision:
            asked.append({"tool": tool, "arguments": dict(arguments), **context})
            return super().authorize(tool, arguments, **context)

    put(Recording(inventory="", workspace="/"))
    team = crew(builder(script([ALLOW], native=native), [bash(shell)]))
    team.kickoff()
    assert len(asked) == 1
    assert asked[0]["agent"] == "builder" and asked[0]["session"] == str(team.id)
    assert asked[0]["tool"] == "bash" and asked[0]["arguments"] == {"command": ALLOW}

    class Input(BaseModel):
        command: str

    schema = {"description": "d", "args_schema": Input}
    remote = MCPNativeTool(lambda: shell, "bash", schema, "files", original_tool_name="Bash")
    llm = script([("files_bash", {"command": ALLOW})], native=native)
    RUNS["crew"](llm, [remote])
    assert (asked[1]["tool"], asked[1]["server"]) == ("Bash", "files")
    assert shell.ran == [ALLOW] and "checkrein: " in llm.told


def test_plan_step(guard: checkrein.Guard, shell: Shell) -> None:
    """What an agent with a plan runs its native calls with."""
    put(guard)
    command = bash(shell)
    for name, expected in ((ALLOW, f"ran {ALLOW}"), (DENY, "checkrein: railway:volumeDelete")):
        call = {"id": "c", "function": {"name": "bash", "arguments": json.dumps({"command": name})}}
        result = execute_single_native_tool_call(
            call,
            available_functions={"bash": command.run},
            original_tools=[command],
            structured_tools=[command.to_structured_tool()],
            tools_handler=None,
            agent=None,
            task=None,
            crew=None,
            event_source=object(),
        )
        assert result.result.startswith(expected)
    assert shell.ran == [ALLOW]


def test_cached_result(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    """A result from CrewAI's cache is no execution, but no way around the guard either."""
    answers = [True, False]
    put(guard, ask=lambda _: answers.pop(0))
    llm = script([ALLOW], [ASK], [ALLOW], [ASK], native=native)
    crew(builder(llm, [bash(shell)], cache=True), cache=True).kickoff()
    assert shell.ran == [ALLOW, ASK]
    assert llm.told.count(f"ran {ALLOW}") == 2
    assert "The human said no." in llm.told


def test_tool_error_passes_through(guard: checkrein.Guard, native: bool) -> None:
    runs: list[str] = []

    @tool("bash")
    def fails(command: str) -> str:
        """Run a shell command."""
        runs.append(command)
        raise ValueError("disk full")

    put(guard)
    llm = script([ALLOW], native=native)
    RUNS["crew"](llm, [fails])
    assert "disk full" in llm.told and "checkrein" not in llm.told
    # The text protocol tries a tool that raises again, and no hook is asked.
    assert runs == [ALLOW] * (1 if native else 6)


def test_agents_out_of_sight(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    put(guard)
    for run in (RUNS["crew"], RUNS["agent"], RUNS["flow"]):
        llm = script([ALLOW], native=native, builtin_tools=["web_search"])
        with pytest.raises(checkrein.ConfigurationError, match="web_search"):
            run(llm, [bash(shell)])
    adapted = Adapted(role="other", goal="g", backstory="b", tools=[bash(shell)])
    with pytest.raises(Refused, match="adapted agent `other`"):
        crew(adapted).kickoff()
    assert shell.ran == []


def test_agents_out_of_sight_accepted(guard: checkrein.Guard, shell: Shell) -> None:
    put(guard, allow_hosted=True)
    llm = script([ALLOW], builtin_tools=["web_search"])
    RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == [ALLOW]
    crew(Adapted(role="other", goal="g", backstory="b", tools=[bash(shell)])).kickoff()
    assert shell.ran == [ALLOW, DENY], "which is why it has to be accepted"


def test_guard_tool(guard: checkrein.Guard, shell: Shell, crash: Callable[[], None]) -> None:
    with put(guard, allow_hosted=True) as handle:
        inside = handle.guard_tool(bash(shell), agent="builder")
        crew(Adapted(role="other", goal="g", backstory="b", tools=[inside])).kickoff()
    assert shell.ran == []
    assert inside.run(command=DENY).startswith("checkrein: railway:volumeDelete")
    assert inside.run(DENY).startswith("checkrein: railway:volumeDelete")
    assert inside.run(command=ALLOW) == f"ran {ALLOW}"
    assert inside.to_structured_tool().invoke({"command": ASK}).startswith("checkrein: fs:remove")
    assert shell.ran == [ALLOW]
    crash()
    assert "checkrein" in inside.run(command=ALLOW)
    assert "checkrein" in inside.run(ALLOW, ALLOW)
    assert shell.ran == [ALLOW]


def test_guard_tool_async(guard: checkrein.Guard, shell: Shell) -> None:
    @tool("bash")
    async def run(command: str) -> str:
        """Run a shell command."""
        return shell.run(command)

    inside = put(guard).guard_tool(run)
    assert asyncio.run(inside.arun(command=DENY)).startswith("checkrein: ")
    assert asyncio.run(inside.arun(command=ALLOW)) == f"ran {ALLOW}"
    assert inside.run(command=ALLOW) == f"ran {ALLOW}"
    assert shell.ran == [ALLOW, ALLOW]


def test_guard_tool_passes_errors_and_caches_no_refusal(guard: checkrein.Guard) -> None:
    @tool("bash")
    def fails(command: str) -> str:
        """Run a shell command."""
        raise ValueError("disk full")

    inside = put(guard).guard_tool(fails)
    with pytest.raises(ValueError, match="disk full"):
        inside.run(command=ALLOW)
    assert not inside.cache_function({}, inside.run(command=DENY))
    assert inside.cache_function({}, "ran")


def test_schema_stays(guard: checkrein.Guard, shell: Shell) -> None:
    plain = bash(shell)
    before = convert_tools_to_openai_schema([plain])[0]
    inside = put(guard).guard_tool(plain)
    assert convert_tools_to_openai_schema([plain])[0] == before
    assert convert_tools_to_openai_schema([inside])[0] == before
    assert inside.to_structured_tool().args == plain.to_structured_tool().args


def test_only_the_abort_stops(shell: Shell) -> None:
    """Why the guard turns everything into it: CrewAI runs the tool after any other exception."""

    @on(InterceptionPoint.PRE_TOOL_CALL)
    def raises(_: Any) -> None:
        raise RuntimeError("broken")

    RUNS["crew"](script([ALLOW]), [bash(shell)])
    assert shell.ran == [ALLOW]
    assert issubclass(Refused, HookAborted)
