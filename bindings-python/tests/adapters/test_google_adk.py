"""The Google ADK adapter, with a scripted model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from conftest import ALLOW, ASK, ASK_ELSE, DENY, WORKSPACE, Shell
from google.adk.agents import LlmAgent
from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.apps import App
from google.adk.plugins.base_plugin import BasePlugin
from google.adk.runners import InMemoryRunner
from google.adk.tools import AgentTool
from google.genai import types
from google_adk_scenario import Run, Swap, SwapPlugin, agent_of, bash, refused

import checkrein
from checkrein.google_adk import GuardPlugin


def test_allow(guard: checkrein.Guard, shell: Shell) -> None:
    run = Run(guard, agent_of(shell, bash(ALLOW))).say()
    assert shell.ran == [ALLOW]
    assert run.told() == [{"result": f"ran {ALLOW}"}]


def test_allow_streamed(guard: checkrein.Guard, shell: Shell) -> None:
    run = Run(guard, agent_of(shell, bash(ALLOW), bash(DENY)))
    run.say(config=RunConfig(streaming_mode=StreamingMode.SSE))
    assert shell.ran == [ALLOW]
    assert refused(run.told()[1])


def test_synchronous_run(guard: checkrein.Guard, shell: Shell) -> None:
    plugin = GuardPlugin(guard, workspace=WORKSPACE, env={})
    runner = InMemoryRunner(
        app=App(name="ops", root_agent=agent_of(shell, bash(DENY), bash(ALLOW)), plugins=[plugin])
    )
    session = asyncio.run(runner.session_service.create_session(app_name="ops", user_id="u"))
    message = types.Content(role="user", parts=[types.Part(text="go")])
    for _ in runner.run(user_id="u", session_id=session.id, new_message=message):
        pass
    assert shell.ran == [ALLOW]


def test_deny(guard: checkrein.Guard, shell: Shell) -> None:
    run = Run(guard, agent_of(shell, bash(DENY), bash(ALLOW))).say()
    assert shell.ran == [ALLOW]
    first, second = run.told()
    assert refused(first) and "volume" in first["error"].lower()
    assert second == {"result": f"ran {ALLOW}"}


def test_ask_approve(guard: checkrein.Guard, shell: Shell) -> None:
    run = Run(guard, agent_of(shell, bash(ASK))).say()
    assert shell.ran == []
    (question,) = run.questions()
    asked = question.args["toolConfirmation"]
    assert json.loads(json.dumps(asked)) == asked
    assert asked["hint"].startswith("checkrein: ") and asked["payload"]["tool"] == "bash"
    assert asked["payload"]["fingerprint"] and asked["payload"]["teams"] == ["operator"]
    assert question.args["originalFunctionCall"]["args"] == {"command": ASK}
    run.answer({"confirmed": True})
    assert shell.ran == [ASK]
    assert run.told()[-1] == {"result": f"ran {ASK}"}


def test_the_model_is_not_called_while_a_human_is_asked(
    guard: checkrein.Guard, shell: Shell
) -> None:
    agent = agent_of(shell, bash(ASK), bash(ALLOW))
    Run(guard, agent).say()
    assert shell.ran == [] and len(agent.model._requests) == 1


@pytest.mark.parametrize("no", [{"confirmed": False}, {}, {"response": '{"confirmed": false}'}])
def test_ask_reject(guard: checkrein.Guard, shell: Shell, no: Any) -> None:
    run = Run(guard, agent_of(shell, bash(ASK))).say().answer(no)
    assert shell.ran == []
    assert refused(run.told()[-1]) and run.told()[-1]["error"].endswith("The human said no.")
    run.answer({"confirmed": True})
    assert shell.ran == []


def test_parallel_allow_and_ask(guard: checkrein.Guard, shell: Shell) -> None:
    run = Run(guard, agent_of(shell, bash(ALLOW, ASK, DENY))).say()
    assert shell.ran == [ALLOW]
    first, asked, denied = run.told()
    assert first == {"result": f"ran {ALLOW}"} and refused(asked) and refused(denied)
    run.answer({"confirmed": True})
    assert shell.ran == [ALLOW, ASK]
    assert run.told()[-1] == {"result": f"ran {ASK}"}


def test_two_questions_and_two_answers(guard: checkrein.Guard, shell: Shell) -> None:
    run = Run(guard, agent_of(shell, bash(ASK, ASK_ELSE))).say()
    first, second = run.questions()
    assert first.args["originalFunctionCall"]["args"] == {"command": ASK}
    run.answer({"confirmed": True}, second)
    assert shell.ran == [ASK_ELSE]


def test_engine_crash(guard: checkrein.Guard, shell: Shell, crash: Callable[[], None]) -> None:
    """A broken engine is a refusal; a broken adapter ends the run."""
    run = Run(guard, agent_of(shell, bash(ALLOW)))
    crash()
    try:
        run.say()
    except RuntimeError as error:
        assert "broken on purpose" in str(error)
    else:
        assert refused(run.told()[0])
    assert shell.ran == []


def test_engine_crash_after_the_yes(
    guard: checkrein.Guard, shell: Shell, crash: Callable[[], None]
) -> None:
    run = Run(guard, agent_of(shell, bash(ASK))).say()
    crash()
    try:
        run.answer({"confirmed": True})
    except RuntimeError as error:
        assert "broken on purpose" in str(error)
    assert shell.ran == []


def test_engine_crash_is_not_answered_by_a_later_plugin(
    guard: checkrein.Guard, shell: Shell, crash: Callable[[], None]
) -> None:
    class Forgiving(BasePlugin):
        async def on_tool_error_callback(self, **_: Any) -> dict[str, Any]:
            return {"result": "never mind"}

    run = Run(guard, agent_of(shell, bash(ALLOW)), Forgiving("forgiving"))
    crash()
    try:
        run.say()
    except RuntimeError as error:
        assert "broken on purpose" in str(error)
    assert shell.ran == []


def test_nested_agent(guard: checkrein.Guard, shell: Shell) -> None:
    """The agent used as a tool has its own runner, which the framework gives the same plugins."""
    worker = agent_of(shell, bash(DENY), bash(ALLOW), name="agent")
    boss = agent_of(shell, [("agent", {"request": "tidy"})], name="boss", tools=[AgentTool(worker)])
    run = Run(guard, boss).say()
    assert shell.ran == [ALLOW]
    assert run.told("agent") == [{"result": "done"}]
    results = [
        part.function_response.response
        for content in worker.model._requests[-1].contents
        for part in content.parts
        if part.function_response
    ]
    assert refused(results[0]) and results[1] == {"result": f"ran {ALLOW}"}


def test_nested_agent_cannot_ask(guard: checkrein.Guard, shell: Shell) -> None:
    """The framework cannot resume an agent in an ``AgentTool``; it says so to the caller."""
    worker = agent_of(shell, bash(ASK), name="agent")
    boss = agent_of(shell, [("agent", {"request": "tidy"})], name="boss", tools=[AgentTool(worker)])
    run = Run(guard, boss).say()
    assert shell.ran == [] and "cannot resume" in str(run.told("agent")[0])


def test_nested_agent_without_plugins(guard: checkrein.Guard, shell: Shell) -> None:
    worker = agent_of(shell, bash(ALLOW), name="agent")
    tool = AgentTool(worker, include_plugins=False)

    def boss() -> LlmAgent:
        return agent_of(shell, [("agent", {"request": "tidy"})], name="boss", tools=[tool])

    with pytest.raises(RuntimeError, match="include_plugins=False") as caught:
        Run(guard, boss()).say()
    assert isinstance(caught.value.__cause__, checkrein.ConfigurationError)
    assert shell.ran == []
    Run(guard, boss(), allow_hosted=True).say()
    assert shell.ran == [ALLOW]


def test_sub_agent(guard: checkrein.Guard, shell: Shell) -> None:
    """A sub-agent the control is transferred to; its question is resumed by it."""
    worker = agent_of(shell, bash(DENY), bash(ASK), name="worker")
    boss = agent_of(
        shell, [("transfer_to_agent", {"agent_name": "worker"})], name="boss", sub_agents=[worker]
    )
    run = Run(guard, boss).say()
    assert shell.ran == [] and len(run.questions()) == 1
    run.answer({"confirmed": True})
    assert shell.ran == [ASK]
    assert [refused(result) for result in run.told()] == [True, True, False]


def test_single_turn_sub_agent(guard: checkrein.Guard, shell: Shell) -> None:
    worker = agent_of(shell, bash(DENY), bash(ALLOW), name="agent", mode="single_turn")
    boss = agent_of(shell, [("agent", {"request": "x"})], name="boss", sub_agents=[worker])
    Run(guard, boss).say()
    assert shell.ran == [ALLOW]


@pytest.mark.parametrize("where", ["agent", "plugin"])
@pytest.mark.parametrize("command", [ASK_ELSE, DENY])
def test_arguments_edited_after_approval(
    guard: checkrein.Guard, shell: Shell, where: str, command: str
) -> None:
    swap = Swap(command)
    extra = {"before_tool_callback": swap} if where == "agent" else {}
    others = [SwapPlugin(swap)] if where == "plugin" else []
    run = Run(guard, agent_of(shell, bash(ASK), **extra), *others).say()
    swap.active = True
    run.answer({"confirmed": True})
    assert shell.ran == []
    assert refused(run.told()[-1])


@pytest.mark.parametrize("where", ["agent", "plugin"])
@pytest.mark.parametrize("command", [ASK_ELSE, DENY])
def test_arguments_edited_of_an_allowed_call(
    guard: checkrein.Guard, shell: Shell, where: str, command: str
) -> None:
    """What another callback makes of the call is what is decided, and can be asked about."""
    swap = Swap(command, active=True)
    extra = {"before_tool_callback": swap} if where == "agent" else {}
    others = [SwapPlugin(swap)] if where == "plugin" else []
    run = Run(guard, agent_of(shell, bash(ALLOW), **extra), *others).say()
    assert shell.ran == [] and refused(run.told()[0])
    assert len(run.questions()) == (command == ASK_ELSE)
    if run.questions():
        run.answer({"confirmed": True})
        assert shell.ran == [ASK_ELSE]


def test_harmless_edit_runs(guard: checkrein.Guard, shell: Shell) -> None:
    swap = Swap("git log", active=True)
    Run(guard, agent_of(shell, bash(ALLOW), before_tool_callback=swap)).say()
    assert shell.ran == ["git log"]


def test_replayed_approval(guard: checkrein.Guard, shell: Shell) -> None:
    run = Run(guard, agent_of(shell, bash(ASK))).say().answer({"confirmed": True})
    assert shell.ran == [ASK]
    run.answer({"confirmed": True})
    assert shell.ran == [ASK]


def test_call_id_used_again(guard: checkrein.Guard, shell: Shell) -> None:
    """The same call under the same id is taken for a replay, and nobody is asked."""
    agent = agent_of(shell, bash(ASK), bash(ASK))
    agent.model._id = "call-1"
    run = Run(guard, agent).say().answer({"confirmed": True})
    assert shell.ran == [ASK] and len(run.questions()) == 1
    assert "used already" in run.told()[-1]["error"]


def test_replayed_session(guard: checkrein.Guard, shell: Shell) -> None:
    """The session as it was before the answer is stored again, and the answer given again."""
    run = Run(guard, agent_of(shell, bash(ASK))).say()
    service = run.runner.session_service

    def stored() -> Any:
        return service.sessions["ops"]["u"][run.session].events

    before = list(stored())
    run.answer({"confirmed": True})
    assert shell.ran == [ASK]
    stored()[:] = before
    run.answer({"confirmed": True})
    assert shell.ran == [ASK]
    assert refused(run.told()[-1])
