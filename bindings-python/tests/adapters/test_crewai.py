"""CrewAI, with a scripted model: native tool calls and the text protocol, in every kind of run."""

# CrewAI reads what switches its telemetry off when it is imported.

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import ALLOW, ASK, ASK_ELSE, DENY, Shell
from crewai import Crew, Process, Task
from crewai.hooks import InterceptionPoint, on
from crewai.hooks import register_hook as register
from crewai.tools import tool
from crewai_scenario import RUNS, Scripted, bash, builder, crew, put, script

import checkrein

pytest_plugins = ["crewai_scenario"]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_allow(guard: checkrein.Guard, shell: Shell, path: Any) -> None:
    run, native = path
    put(guard)
    llm = script([ALLOW], native=native)
    assert run(llm, [bash(shell)]) == "done"
    assert shell.ran == [ALLOW]
    assert f"ran {ALLOW}" in llm.told


def test_deny(guard: checkrein.Guard, shell: Shell, path: Any) -> None:
    run, native = path
    put(guard)
    llm = script([DENY], [ALLOW], native=native)
    assert run(llm, [bash(shell)]) == "done"
    assert shell.ran == [ALLOW]
    assert "checkrein: railway:volumeDelete" in llm.told
    assert "blocked by hook" not in llm.told


def test_ask_without_anybody_to_ask(guard: checkrein.Guard, shell: Shell, path: Any) -> None:
    run, native = path
    put(guard)
    llm = script([ASK], native=native)
    run(llm, [bash(shell)])
    assert shell.ran == []
    assert "checkrein: fs:remove_recursive" in llm.told and "approved by" in llm.told


def test_ask_approve(guard: checkrein.Guard, shell: Shell, path: Any) -> None:
    run, native = path
    asked: list[dict[str, Any]] = []

    def ask(ruling: checkrein.Ruling) -> bool:
        assert shell.ran == []
        asked.append(ruling.question())
        return True

    put(guard, ask=ask)
    llm = script([ASK], native=native)
    run(llm, [bash(shell)])
    assert shell.ran == [ASK]
    [question] = asked
    assert question["tool"] == "bash" and "fs:remove_recursive" in question["message"]
    assert question["fingerprint"] and question["teams"] == ["operator"]
    assert f"ran {ASK}" in llm.told


@pytest.mark.parametrize("answer", [False, None, "yes", 1, "raises"])
def test_ask_reject(guard: checkrein.Guard, shell: Shell, native: bool, answer: Any) -> None:
    shown: list[checkrein.Ruling] = []

    def ask(ruling: checkrein.Ruling) -> Any:
        shown.append(ruling)
        if answer == "raises":
            raise RuntimeError("no terminal")
        return answer

    put(guard, ask=ask)
    llm = script([ASK], native=native)
    RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == []
    if answer == "raises":
        assert "the guard failed (RuntimeError)" in llm.told
    else:
        assert "The human said no." in llm.told
        assert not shown[0].redeem(), "a no takes the question back"


def test_parallel_allow_and_ask(guard: checkrein.Guard, shell: Shell) -> None:
    """CrewAI runs the native calls of one turn in threads."""
    put(guard, ask=lambda ruling: "src" in ruling.message)
    llm = script([ALLOW, ASK, DENY, ASK_ELSE, "git log"])
    RUNS["crew"](llm, [bash(shell)])
    assert sorted(shell.ran) == sorted([ALLOW, ASK, "git log"])
    assert "railway:volumeDelete" in llm.told and "The human said no." in llm.told
    assert f"ran {ALLOW}" in llm.told and f"ran {ASK}" in llm.told


def test_engine_crash(
    guard: checkrein.Guard, shell: Shell, path: Any, crash: Callable[[], None]
) -> None:
    run, native = path
    put(guard)
    llm = script([ALLOW], native=native)
    crash()
    assert run(llm, [bash(shell)]) == "done"
    assert shell.ran == []
    assert "checkrein: " in llm.told


@pytest.mark.parametrize("error", [BaseException("panic"), MemoryError(), RecursionError()])
def test_crash_that_is_no_exception(
    guard: checkrein.Guard,
    shell: Shell,
    native: bool,
    error: BaseException,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    put(guard)
    monkeypatch.setattr(checkrein.Gate, "rule", fail)
    llm = script([ALLOW], native=native)
    RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == []
    assert f"the guard failed ({type(error).__name__})" in llm.told


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_interrupted_question_stops_the_run(
    guard: checkrein.Guard, shell: Shell, native: bool, error: type[BaseException]
) -> None:
    def ask(_: checkrein.Ruling) -> bool:
        raise error

    put(guard, ask=ask)
    with pytest.raises(error):
        RUNS["crew"](script([ASK], native=native), [bash(shell)])
    assert shell.ran == []


def test_nested_agent(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    """The delegation is a call of its own, which the human here always allows."""
    put(guard, ask=lambda ruling: ruling.tool == "delegate_work_to_coworker")
    helper_llm = script([DENY], [ASK], [ALLOW], native=native)
    task = {"task": "tidy up", "context": "none", "coworker": "helper"}
    boss_llm = script([("delegate_work_to_coworker", task)], native=native)
    boss = builder(boss_llm, [], "boss", allow_delegation=True)
    helper = builder(helper_llm, [bash(shell)], "helper")
    assert crew(boss, helper).kickoff().raw == "done"
    assert shell.ran == [ALLOW]
    assert "railway:volumeDelete" in helper_llm.told


def test_nested_crew(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    inner_llm = script([DENY], [ALLOW], native=native)

    @tool("delegate")
    def delegate(task: str) -> str:
        """Hand a task to another crew."""
        return str(crew(builder(inner_llm, [bash(shell)])).kickoff().raw)

    put(guard)
    llm = script([("delegate", {"task": "tidy up"})], native=native)
    RUNS["crew"](llm, [delegate])
    assert shell.ran == [ALLOW]
    assert "railway:volumeDelete" in inner_llm.told


def test_hierarchical_crew(guard: checkrein.Guard, shell: Shell) -> None:
    put(guard, ask=lambda ruling: ruling.tool == "delegate_work_to_coworker")
    helper_llm = script([DENY], [ALLOW])
    task = {"task": "tidy up", "context": "none", "coworker": "helper"}
    manager = builder(script([("delegate_work_to_coworker", task)]), [], "m", allow_delegation=True)
    helper = builder(helper_llm, [bash(shell)], "helper")
    work = Task(description="Tidy up.", expected_output="done")
    Crew(
        agents=[helper], tasks=[work], process=Process.hierarchical, manager_agent=manager
    ).kickoff()
    assert shell.ran == [ALLOW]
    assert "railway:volumeDelete" in helper_llm.told


@pytest.mark.parametrize("edited", [DENY, ASK_ELSE])
def test_arguments_edited_after_approval(
    guard: checkrein.Guard, shell: Shell, native: bool, edited: str
) -> None:
    """The arguments change while the human is asked, as another thread could do it."""
    seen: list[Any] = []

    def ask(_: checkrein.Ruling) -> bool:
        seen[0].tool_input["command"] = edited
        return True

    register(InterceptionPoint.PRE_TOOL_CALL, lambda context: seen.append(context))
    put(guard, ask=ask)
    llm = script([ASK], native=native)
    RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == []
    assert "checkrein: " in llm.told


def test_replayed_approval(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    """A yes is for one call: the same call again is asked about again."""
    answers = [True, False]
    rulings: list[checkrein.Ruling] = []

    def ask(ruling: checkrein.Ruling) -> bool:
        rulings.append(ruling)
        return answers.pop(0)

    put(guard, ask=ask)
    llm = script([ASK], [ALLOW], [ASK], native=native)
    crew(builder(llm, [bash(shell)])).kickoff()
    assert shell.ran == [ASK, ALLOW]
    assert len(rulings) == 2 and "The human said no." in llm.told
    assert not rulings[0].redeem(), "it was used"


def test_hook_edits_before(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    """The guard decides on what a hook before it made of the arguments."""

    @on(InterceptionPoint.PRE_TOOL_CALL)
    def edit(context: Any) -> None:
        context.tool_input["command"] = DENY

    put(guard)
    llm = script([ALLOW], native=native)
    RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == []
    assert "railway:volumeDelete" in llm.told


def test_hook_registered_later(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    """The guard comes last all the same."""
    put(guard)

    @on(InterceptionPoint.PRE_TOOL_CALL)
    def edit(context: Any) -> None:
        context.tool_input["command"] = DENY

    llm = script([ALLOW], native=native)
    RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == []
    assert "railway:volumeDelete" in llm.told


def test_hook_registered_in_the_middle(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    """Between the model's call and the tool: refused once, since the hook could change the call."""
    put(guard)

    def edit(context: Any) -> None:
        context.tool_input["command"] = DENY

    class Late(Scripted):
        def call(self, *args: Any, **kwargs: Any) -> Any:
            if len(self.turns) == 2:
                register(InterceptionPoint.PRE_TOOL_CALL, edit)
            return super().call(*args, **kwargs)

    llm = Late(model="scripted", native=native, turns=[[ALLOW], [ALLOW]])
    RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == []
    assert "now the guard comes last again" in llm.told
    assert "railway:volumeDelete" in llm.told
