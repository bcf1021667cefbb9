"""The guard in LangChain agents and LangGraph graphs, with the framework's scripted model."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import pytest
from conftest import ALLOW, ASK, ASK_ELSE, DENY, WORKSPACE, Shell
from langchain.agents import AgentState, create_agent
from langchain.agents.middleware import (
    AgentMiddleware,
    HumanInTheLoopMiddleware,
    ToolCallRequest,
    ToolRetryMiddleware,
)
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool, ToolException, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import InjectedState, ToolNode, ToolRuntime
from langgraph.types import Command, Send, interrupt
from pydantic import BaseModel, Field
from typing_extensions import NotRequired

import checkrein
from checkrein.langchain import GuardMiddleware

APPROVE = {"type": "approve"}


class Model(GenericFakeChatModel):
    """The framework's scripted model, which notes what tools it is offered."""

    offered: list[Any] = Field(default_factory=list)

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> Model:
        self.offered[:] = tools
        return self


def model(*turns: Any) -> Model:
    """Each turn is a list of calls or of commands for `bash`; after the last it says "done"."""
    ids = itertools.count(1)

    def message(turn: Any) -> AIMessage:
        calls = [
            {"name": "bash", "args": {"command": call}} if isinstance(call, str) else call
            for call in turn
        ]
        return AIMessage("", tool_calls=[{"id": f"call_{next(ids)}", **call} for call in calls])

    return Model(messages=itertools.chain(map(message, turns), itertools.repeat(AIMessage("done"))))


def call(name: str, /, **args: Any) -> dict[str, Any]:
    return {"name": name, "args": args}


def bash(shell: Shell) -> BaseTool:
    return StructuredTool.from_function(shell.run, name="bash")


def middleware(guard: checkrein.Guard | None, **context: Any) -> GuardMiddleware:
    return GuardMiddleware(
        guard, **{"agent": "builder", "workspace": WORKSPACE, "env": {}, **context}
    )


class Runner:
    """An agent with a guard, run in one of the framework's ways."""

    def __init__(
        self,
        guard: checkrein.Guard | None,
        shell: Shell,
        *turns: Any,
        tools: Sequence[Any] = (),
        outside: Sequence[AgentMiddleware] = (),
        inside: Sequence[AgentMiddleware] = (),
        way: str = "invoke",
        saver: InMemorySaver | None = None,
        **context: Any,
    ) -> None:
        self.model = model(*turns)
        self.saver = saver or InMemorySaver()
        self.agent = create_agent(
            self.model,
            [bash(shell), *tools],
            middleware=[*outside, middleware(guard, **context), *inside],
            checkpointer=self.saver,
        )
        self.way = way
        self.config: Any = {"configurable": {"thread_id": "t"}}

    def start(self, **state: Any) -> list[Any]:
        return self.go({"messages": [("user", "go")], **state})

    def resume(self, answer: Any) -> list[Any]:
        return self.go(Command(resume=answer))

    def forge(self) -> None:
        """Stops before the tools, and hands them a yes to a question they did not ask yet."""
        self.agent.invoke({"messages": [("user", "go")]}, self.config, interrupt_before=["tools"])
        self.resume(True)

    def go(self, value: Any, config: Any = None) -> list[Any]:
        """Runs until the end or a pause; what is asked."""
        config = config or self.config

        async def ainvoke() -> None:
            await self.agent.ainvoke(value, config)

        async def astream() -> None:
            async for _ in self.agent.astream(value, config, stream_mode="updates"):
                pass

        match self.way:
            case "invoke":
                self.agent.invoke(value, config)
            case "stream":
                for _ in self.agent.stream(value, config, stream_mode="updates"):
                    pass
            case "ainvoke":
                asyncio.run(ainvoke())
            case "astream":
                asyncio.run(astream())
        return [i for i in self.agent.get_state(self.config).interrupts]

    def told(self) -> list[str]:
        """What the model was told about its calls, in order."""
        messages = self.agent.get_state(self.config).values["messages"]
        return [str(m.content) for m in messages if isinstance(m, ToolMessage)]

    def results(self) -> list[ToolMessage]:
        messages = self.agent.get_state(self.config).values["messages"]
        return [m for m in messages if isinstance(m, ToolMessage)]


ways = pytest.mark.parametrize("way", ["invoke", "stream", "ainvoke", "astream"])


@ways
def test_allow(guard: checkrein.Guard, shell: Shell, way: str) -> None:
    run = Runner(guard, shell, [ALLOW], way=way)
    assert run.start() == []
    assert shell.ran == [ALLOW]
    assert run.told() == [f"ran {ALLOW}"]
    assert run.results()[0].status == "success"


def test_the_models_view_of_the_tool_does_not_change(guard: checkrein.Guard, shell: Shell) -> None:
    run = Runner(guard, shell, [ALLOW])
    run.start()
    (offered,) = run.model.offered
    assert type(offered) is StructuredTool
    assert offered.tool_call_schema.model_json_schema() == (
        bash(shell).tool_call_schema.model_json_schema()
    )


@ways
def test_deny(guard: checkrein.Guard, shell: Shell, way: str) -> None:
    run = Runner(guard, shell, [DENY], [ALLOW], way=way)
    assert run.start() == []
    assert shell.ran == [ALLOW], "the model goes on after a refusal"
    refused, ran = run.results()
    assert refused.status == "error" and refused.name == "bash"
    assert refused.tool_call_id == "call_1"
    assert refused.content.startswith("checkrein: railway:volumeDelete")
    assert ran.content == f"ran {ALLOW}"


@pytest.mark.parametrize("answer", [True, APPROVE, {"decisions": [APPROVE]}])
@ways
def test_ask_approve(guard: checkrein.Guard, shell: Shell, way: str, answer: Any) -> None:
    run = Runner(guard, shell, [ASK], way=way)
    (question,) = run.start()
    assert shell.ran == []
    assert question.value["tool"] == "bash"
    assert question.value["fingerprint"] and question.value["teams"] == ["operator"]
    assert "fs:remove_recursive" in question.value["message"]
    json.dumps(question.value)
    assert run.resume(answer) == []
    assert shell.ran == [ASK]
    assert run.told() == [f"ran {ASK}"]


@pytest.mark.parametrize(
    "answer",
    [
        False,
        1,
        "true",
        "approve",
        [],
        [True],
        {"approved": True},
        {"type": "Approve"},
        {"type": "approve", "edited_action": {"name": "bash", "args": {"command": ASK_ELSE}}},
        {"type": "edit", "edited_action": {"name": "bash", "args": {"command": ALLOW}}},
        {"type": "respond", "message": "yes"},
        {"type": "reject", "message": "not today"},
        {"decisions": []},
        {"decisions": [APPROVE, APPROVE]},
        {"decisions": [{"type": "reject", "message": "not today"}]},
    ],
    ids=str,
)
@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_ask_reject(guard: checkrein.Guard, shell: Shell, way: str, answer: Any) -> None:
    run = Runner(guard, shell, [ASK], [ALLOW], way=way)
    assert len(run.start()) == 1
    assert run.resume(answer) == []
    assert shell.ran == [ALLOW]
    refused = run.results()[0]
    assert refused.status == "error"
    assert "fs:remove_recursive" in refused.content and "The human said no" in refused.content
    assert ("not today" in refused.content) == ("not today" in str(answer))


def test_a_no_is_not_a_yes_later(guard: checkrein.Guard, shell: Shell) -> None:
    run = Runner(guard, shell, [ASK])
    run.start()
    asked = run.agent.get_state(run.config).config
    run.resume(False)
    run.go(Command(resume=True), asked)
    assert shell.ran == []
    assert run.told()[-1].startswith("checkrein: fs:remove_recursive")
    # The same call on the same thread, without its history, and nobody was asked again.
    forged = Runner(guard, shell, [ASK])
    forged.forge()
    assert shell.ran == []
    assert "ask again" in forged.told()[-1]


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_parallel_allow_and_ask(guard: checkrein.Guard, shell: Shell, way: str) -> None:
    run = Runner(guard, shell, [ALLOW, ASK, DENY], way=way)
    assert len(run.start()) == 1
    assert shell.ran == [ALLOW], "only the call that needs approval waits"
    run.resume(True)
    assert shell.ran == [ALLOW, ASK], "what ran before the pause does not run again"
    told = run.told()
    assert told[:2] == [f"ran {ALLOW}", f"ran {ASK}"]
    assert told[2].startswith("checkrein: railway:volumeDelete")


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_two_questions_need_two_answers(guard: checkrein.Guard, shell: Shell, way: str) -> None:
    run = Runner(guard, shell, [ASK, ASK_ELSE], way=way)
    first, second = sorted(run.start(), key=lambda asked: str(asked.value["message"]), reverse=True)
    with pytest.raises(RuntimeError, match="multiple pending interrupts"):
        run.resume(True)
    assert shell.ran == []
    assert "src" in first.value["message"] and "docs" in second.value["message"]
    run.resume({second.id: True, first.id: False})
    assert shell.ran == [ASK_ELSE]
    assert "The human said no" in run.told()[0] and run.told()[1] == f"ran {ASK_ELSE}"


@ways
def test_engine_crash(
    guard: checkrein.Guard, shell: Shell, crash: Callable[[], None], way: str
) -> None:
    run = Runner(guard, shell, [ALLOW], way=way)
    crash()
    run.start()
    assert shell.ran == []
    (refused,) = run.results()
    assert refused.status == "error" and refused.content.startswith("checkrein: ")
    assert "RuntimeError" in refused.content


def test_engine_crash_after_approval(
    guard: checkrein.Guard, shell: Shell, crash: Callable[[], None]
) -> None:
    run = Runner(guard, shell, [ASK])
    assert len(run.start()) == 1
    crash()
    run.resume(True)
    assert shell.ran == []
    assert "RuntimeError" in run.told()[0]


def test_engine_crash_in_a_sub_agent(
    guard: checkrein.Guard, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outer call was decided already; what starts inside it is refused all the same."""

    @tool
    def task(description: str) -> str:
        """Hand a task to a helper."""

        def fail(*_: object, **__: object) -> None:
            raise RuntimeError("broken on purpose")

        monkeypatch.setattr(checkrein.Gate, "rule", fail)
        helper = create_agent(model([ALLOW]), [bash(shell)])
        return str(helper.invoke({"messages": [("user", description)]})["messages"][-1].content)

    run = Runner(guard, shell, [call("task", description="look")], tools=[task])
    with pytest.raises(RuntimeError, match="broken on purpose"):
        run.start()
    assert shell.ran == []


def helper_tool(
    shell: Shell, *turns: Any, guard: GuardMiddleware | None, asynchronous: bool
) -> Any:
    """A tool that is an agent; what it returns is what its model was told about its calls."""
    guards = [guard] if guard else []
    helper = create_agent(model(*turns), [bash(shell)], middleware=guards, name="helper")

    def said(result: Any) -> str:
        return "\n".join(str(m.content) for m in result["messages"] if isinstance(m, ToolMessage))

    def task(description: str) -> str:
        """Hand a task to a helper."""
        return said(helper.invoke({"messages": [("user", description)]}))

    async def atask(description: str) -> str:
        """Hand a task to a helper."""
        return said(await helper.ainvoke({"messages": [("user", description)]}))

    if asynchronous:
        return StructuredTool.from_function(coroutine=atask, name="task")
    return StructuredTool.from_function(task)


TASK = [call("task", description="tidy up")]


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_nested_agent(guard: checkrein.Guard, shell: Shell, way: str) -> None:
    """A sub-agent with a middleware of its own: it reads the refusal and goes on."""
    own = middleware(guard)
    helper = helper_tool(shell, [DENY], [ALLOW], guard=own, asynchronous=way == "ainvoke")
    run = Runner(guard, shell, TASK, tools=[helper], way=way)
    run.start()
    assert shell.ran == [ALLOW]
    (told,) = run.told()
    assert "checkrein: railway:volumeDelete" in told and f"ran {ALLOW}" in told


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_nested_agent_without_a_middleware(guard: checkrein.Guard, shell: Shell, way: str) -> None:
    """The outer guard decides its calls, and a refusal ends the sub-agent."""
    helper = helper_tool(shell, [ALLOW], [DENY], [ALLOW], guard=None, asynchronous=way == "ainvoke")
    run = Runner(guard, shell, TASK, [ALLOW], tools=[helper], way=way)
    run.start()
    assert shell.ran == [ALLOW, ALLOW], "one of the helper, one of the agent after it"
    assert run.results()[0].status == "error"
    assert run.told()[0].startswith("checkrein: railway:volumeDelete")


def test_nested_agent_without_a_middleware_cannot_ask(guard: checkrein.Guard, shell: Shell) -> None:
    helper = helper_tool(shell, [ASK], guard=None, asynchronous=False)
    run = Runner(guard, shell, TASK, tools=[helper])
    assert run.start() == []
    assert shell.ran == []
    assert "fs:remove_recursive" in run.told()[0] and "inside another" in run.told()[0]


def test_nested_agent_with_the_same_call_ids(guard: checkrein.Guard, shell: Shell) -> None:
    """A pass is for one start of a tool, not for a name or an id the model can repeat."""

    @tool("bash")
    def outer(command: str) -> str:
        """Run a shell command."""
        inner = bash(shell)
        inner.invoke(
            {"name": "bash", "args": {"command": DENY}, "id": "call_1", "type": "tool_call"}
        )
        return "unreachable"

    agent = create_agent(model([ALLOW]), [outer], middleware=[middleware(guard)])
    result = agent.invoke({"messages": [("user", "go")]})
    assert shell.ran == []
    assert result["messages"][-2].content.startswith("checkrein: railway:volumeDelete")


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_nested_agent_asks(guard: checkrein.Guard, shell: Shell, way: str) -> None:
    helper = helper_tool(shell, [ASK], guard=middleware(guard), asynchronous=way == "ainvoke")
    run = Runner(guard, shell, TASK, tools=[helper], way=way)
    assert len(run.start()) == 1
    assert shell.ran == []
    run.resume(True)
    assert shell.ran == [ASK]
    assert run.told() == [f"ran {ASK}"]


@pytest.mark.parametrize("yes", [True, False])
@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_nested_agent_asks_in_an_approved_call(
    guard: checkrein.Guard, shell: Shell, way: str, yes: bool
) -> None:
    """The outer call runs again from the top after each answer; its own yes still stands."""
    helper = helper_tool(
        shell, [ASK], [ASK_ELSE], guard=middleware(guard), asynchronous=way == "ainvoke"
    )
    helper.name = "researcher"
    run = Runner(guard, shell, [call("researcher", description="x")], tools=[helper], way=way)
    (question,) = run.start()
    assert question.value["tool"] == "researcher"
    (question,) = run.resume(True)
    assert question.value["tool"] == "bash" and "src" in question.value["message"]
    asked = run.agent.get_state(run.config).config
    (question,) = run.resume(yes)
    assert "docs" in question.value["message"]
    assert run.resume(True) == []
    assert shell.ran == [*([ASK] if yes else []), ASK_ELSE]
    before = list(shell.ran)
    run.go(Command(resume=True), asked)
    assert shell.ran == before, "the pause does not make the approvals good for a replay"


def test_a_tool_that_calls_another_tool(guard: checkrein.Guard, shell: Shell) -> None:
    inner = bash(shell)

    @tool
    def task(description: str) -> str:
        """Do what is described."""
        inner.invoke(ALLOW)
        inner.invoke({"command": ALLOW}, {"callbacks": []})
        return str(inner.invoke({"command": DENY}, {"callbacks": []}))

    run = Runner(guard, shell, [call("task", description="x")], tools=[task])
    run.start()
    assert shell.ran == [ALLOW, ALLOW]
    assert run.told()[0].startswith("checkrein: railway:volumeDelete")


class Editor(AgentMiddleware):
    """Puts another command in place of what the model asked for, once told to."""

    def __init__(self, to: str | None = None, swap: BaseTool | None = None) -> None:
        super().__init__()
        self.to = to
        self.swap = swap

    def wrap_tool_call(self, request: ToolCallRequest, handler: Callable[[Any], Any]) -> Any:
        if self.to is not None:
            edited = {**request.tool_call, "args": {"command": self.to}}
            request = request.override(tool_call=edited)
        if self.swap is not None:
            request = request.override(tool=self.swap)
        return handler(request)


@pytest.mark.parametrize("other", [ASK_ELSE, DENY])
@pytest.mark.parametrize("place", ["outside", "inside"])
def test_arguments_edited_after_approval(
    guard: checkrein.Guard, shell: Shell, other: str, place: Any
) -> None:
    """What was approved is not what would run on the way back from the pause."""
    editor = Editor()
    run = Runner(guard, shell, [ASK], **{place: [editor]})
    assert len(run.start()) == 1
    editor.to = other
    assert run.resume(True) == []
    assert shell.ran == []
    assert run.results()[0].status == "error" and run.told()[0].startswith("checkrein: ")


@pytest.mark.parametrize("mode", ["batched", "per_call"])
@pytest.mark.parametrize("other", [ASK_ELSE, DENY, ALLOW])
def test_arguments_edited_by_the_human(
    guard: checkrein.Guard, shell: Shell, other: str, mode: Any
) -> None:
    """A human's edit in `HumanInTheLoopMiddleware` is decided like a call of the model."""
    options: Any = {"interrupt_mode": mode} if mode != "batched" else {}
    human = HumanInTheLoopMiddleware({"bash": True}, **options)
    run = Runner(guard, shell, [ASK], outside=[human])
    assert len(run.start()) == 1
    edit = {"type": "edit", "edited_action": {"name": "bash", "args": {"command": other}}}
    pending = run.resume(edit if mode == "per_call" else {"decisions": [edit]})
    if other == ASK_ELSE:
        assert shell.ran == [] and "docs" in pending[0].value["message"]
        run.resume(True)
        assert shell.ran == [ASK_ELSE]
    else:
        assert pending == [] and shell.ran == ([ALLOW] if other == ALLOW else [])
        expected = "ran git status" if other == ALLOW else "checkrein: railway:volumeDelete"
        assert expected in run.told()[0]


def test_the_humans_approval_in_another_middleware_is_not_ours(
    guard: checkrein.Guard, shell: Shell
) -> None:
    run = Runner(guard, shell, [DENY], outside=[HumanInTheLoopMiddleware({"bash": True})])
    run.start()
    run.resume({"decisions": [APPROVE]})
    assert shell.ran == []
    assert run.told()[0].startswith("checkrein: railway:volumeDelete")


def test_a_human_who_switches_the_tool_inside_the_guard(
    guard: checkrein.Guard, shell: Shell
) -> None:
    """With the guard in the wrong place, a tool the request did not have is still decided."""

    @tool
    def task(description: str) -> str:
        """Do nothing."""
        return description

    human = HumanInTheLoopMiddleware({"task": True})
    run = Runner(guard, shell, [call("task", description="x")], tools=[task], inside=[human])
    run.start()
    edited = {"name": "bash", "args": {"command": DENY}}
    run.resume({"decisions": [{"type": "edit", "edited_action": edited}]})
    assert shell.ran == []
    assert "checkrein: railway:volumeDelete" in run.told()[0]


@pytest.mark.parametrize("command", [ALLOW, DENY, ASK])
def test_a_middleware_inside_that_brings_the_tool(
    guard: checkrein.Guard, shell: Shell, command: str
) -> None:
    """Tools that exist only in a middleware, which is how the framework adds them at run time."""
    swap = Editor(swap=bash(shell))
    agent = create_agent(
        model([call("bash", command=command)]), [], middleware=[middleware(guard), swap]
    )
    result = agent.invoke({"messages": [("user", "go")]})
    assert shell.ran == ([ALLOW] if command == ALLOW else [])
    assert ("checkrein: " in result["messages"][-2].content) == (command != ALLOW)


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_replayed_approval(guard: checkrein.Guard, shell: Shell, way: str) -> None:
    run = Runner(guard, shell, [ASK], way=way)
    run.start()
    asked = run.agent.get_state(run.config).config
    run.resume(True)
    assert shell.ran == [ASK]
    run.go(Command(resume=True), asked)
    assert shell.ran == [ASK]
    assert "used already" in run.told()[-1] or "ask again" in run.told()[-1]
    run.go(None, asked)
    assert shell.ran == [ASK], "and it is not even asked about again"


def test_approval_in_another_process(guard: checkrein.Guard, shell: Shell) -> None:
    """The pause is in the checkpointer, what was shown is not."""
    first = Runner(guard, shell, [ASK])
    first.start()
    other = checkrein.Guard(inventory="", workspace="/")
    second = Runner(other, shell, saver=first.saver)
    second.resume(True)
    assert shell.ran == []
    assert "not asked for in this process" in second.told()[0]


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_forged_approval(guard: checkrein.Guard, shell: Shell, way: str) -> None:
    """An answer for a call that nobody was asked about."""
    run = Runner(guard, shell, [ASK], way=way)
    run.forge()
    assert shell.ran == []
    assert "not asked for in this process" in run.told()[0]


@pytest.mark.parametrize("place", ["outside", "inside"])
def test_an_approval_is_not_for_retries(guard: checkrein.Guard, shell: Shell, place: Any) -> None:
    @tool("bash")
    def failing(command: str) -> str:
        """Run a shell command."""
        shell.run(command)
        raise OSError("disk is busy")

    retry = ToolRetryMiddleware(max_retries=2, initial_delay=0, backoff_factor=0)
    guards = middleware(guard)
    agent = create_agent(
        model([ASK]),
        [failing],
        middleware=[retry, guards] if place == "outside" else [guards, retry],
        checkpointer=InMemorySaver(),
    )
    config: Any = {"configurable": {"thread_id": "t"}}
    agent.invoke({"messages": [("user", "go")]}, config)
    result = agent.invoke(Command(resume=True), config)
    assert shell.ran == [ASK]
    assert "used already" in result["messages"][-2].content


def test_retries_of_an_allowed_call_are_decided_each(guard: checkrein.Guard, shell: Shell) -> None:
    @tool("bash")
    def failing(command: str) -> str:
        """Run a shell command."""
        shell.run(command)
        raise OSError("disk is busy")

    retry = ToolRetryMiddleware(max_retries=1, initial_delay=0, backoff_factor=0)
    agent = create_agent(model([ALLOW]), [failing], middleware=[middleware(guard), retry])
    result = agent.invoke({"messages": [("user", "go")]})
    assert shell.ran == [ALLOW, ALLOW]
    assert "disk is busy" in result["messages"][-2].content


def test_an_approved_tool_that_asks_a_question_of_its_own(
    guard: checkrein.Guard, shell: Shell
) -> None:
    @tool
    def travel(to: str) -> str:
        """Book a trip."""
        answer = interrupt("window or aisle?")
        return shell.run(f"{to} {answer}")

    run = Runner(guard, shell, [call("travel", to="Rome")], tools=[travel])
    (question,) = run.start()
    assert question.value["tool"] == "travel"
    (question,) = run.resume(True)
    assert question.value == "window or aisle?"
    asked = run.agent.get_state(run.config).config
    assert run.resume("aisle") == []
    assert shell.ran == ["Rome aisle"] and run.told() == ["ran Rome aisle"]
    run.go(Command(resume="window"), asked)
    assert shell.ran == ["Rome aisle"], "the pause is not a second approval"


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_error_of_the_tool_passes_through(guard: checkrein.Guard, shell: Shell, way: str) -> None:
    @tool
    def task(description: str) -> str:
        """Fail."""
        raise KeyError(description)

    run = Runner(guard, shell, [call("task", description="x")], tools=[task], way=way)
    with pytest.raises(KeyError, match="x"):
        run.start()


def test_errors_the_framework_has_answers_for_stay_its_own(
    guard: checkrein.Guard, shell: Shell
) -> None:
    @tool
    def task(description: str) -> str:
        """Fail in the way tools should."""
        raise ToolException("no such task")

    task.handle_tool_error = True
    calls = [call("task", description="x"), call("bash", cmd=ALLOW), call("brew", coffee=1)]
    run = Runner(guard, shell, calls, tools=[task])
    run.start()
    assert shell.ran == []
    failed, invalid, unknown = run.told()
    assert failed == "no such task"
    assert "command: Field required" in invalid
    assert "brew is not a valid tool" in unknown


def test_refused_also_when_the_node_handles_all_errors(
    guard: checkrein.Guard, shell: Shell, crash: Callable[[], None]
) -> None:
    graph = plain(guard, shell, [ALLOW], handle_tool_errors=True)
    crash()
    assert graph.invoke({"messages": []})["messages"][-2].content.startswith("checkrein: ")
    assert shell.ran == []


def test_a_tool_that_returns_a_command(guard: checkrein.Guard, shell: Shell) -> None:
    @tool
    def task(description: str, runtime: ToolRuntime) -> Command[Any]:
        """Note a task."""
        shell.run(description)
        message = ToolMessage("noted", tool_call_id=runtime.tool_call_id)
        return Command(update={"messages": [message]})

    run = Runner(guard, shell, [call("task", description="x")], tools=[task])
    run.start()
    assert shell.ran == ["x"] and run.told() == ["noted"]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the guard is asked, call by call."""
    calls: list[dict[str, Any]] = []
    authorize = checkrein.Guard.authorize

    def spy(self: Any, tool: str, arguments: Any, **context: Any) -> Any:
        calls.append({"tool": tool, "arguments": arguments, **context})
        return authorize(self, tool, arguments, **context)

    monkeypatch.setattr(checkrein.Guard, "authorize", spy)
    return calls


class Situation(AgentState):
    command: NotRequired[str]


@pytest.mark.parametrize("command", [ALLOW, DENY])
def test_injected_arguments_are_decided_with_their_values(
    guard: checkrein.Guard, shell: Shell, seen: list[dict[str, Any]], command: str
) -> None:
    """The model's own value for an injected argument does not reach the tool, nor the guard."""

    @tool("bash")
    def injected(
        note: str,
        runtime: ToolRuntime,
        command: Annotated[str, InjectedState("command")],
        state: Annotated[dict[str, Any], InjectedState],
        messages: Annotated[list[Any], InjectedState("messages")],
    ) -> str:
        """Run the prepared shell command."""
        return shell.run(command)

    forged = DENY if command == ALLOW else ALLOW
    agent = create_agent(
        model([call("bash", note="now", command=forged)]),
        [injected],
        middleware=[middleware(guard)],
        state_schema=Situation,
    )
    result = agent.invoke({"messages": [("user", f"never {DENY}")], "command": command})
    assert shell.ran == ([ALLOW] if command == ALLOW else [])
    assert ("railway:volumeDelete" in result["messages"][-2].content) == (command == DENY)
    assert [asked["arguments"] for asked in seen] == [{"note": "now", "command": command}]


class Aliased(BaseModel):
    command: str = Field(alias="cmd")
    quiet: bool = False


def test_what_the_schema_makes_of_the_arguments_is_decided(
    guard: checkrein.Guard, shell: Shell, seen: list[dict[str, Any]]
) -> None:
    @tool("bash", args_schema=Aliased)
    def aliased(command: str, quiet: bool) -> str:
        """Run a shell command."""
        return shell.run(command)

    calls = [call("bash", cmd=DENY, command=ALLOW), call("bash", cmd=ALLOW, command=DENY)]
    agent = create_agent(
        model(calls), [aliased], middleware=[middleware(guard, agent=None)], name="namesake"
    )
    result = agent.invoke({"messages": [("user", "go")]}, {"configurable": {"thread_id": 7}})
    assert shell.ran == [ALLOW]
    assert "railway:volumeDelete" in result["messages"][-3].content
    assert [asked["tool"] for asked in seen] == ["bash"] * 2
    assert [(asked["agent"], asked["session"]) for asked in seen] == [("namesake", "7")] * 2
    arguments = sorted(str(asked["arguments"]) for asked in seen)
    assert arguments == sorted(str({"command": c, "quiet": False}) for c in (DENY, ALLOW))


def test_tools_as_mcp_servers_offer_them(
    guard: checkrein.Guard, shell: Shell, seen: list[dict[str, Any]]
) -> None:
    """In the form `langchain-mcp-adapters` gives them: a schema that is a dict, only async."""

    async def call_tool(runtime: Any = None, **arguments: Any) -> tuple[str, None]:
        return shell.run(arguments["command"]), None

    remote = StructuredTool(
        name="bash",
        description="Run a shell command",
        args_schema={"type": "object", "properties": {"command": {"type": "string"}}},
        coroutine=call_tool,
        response_format="content_and_artifact",
        metadata={"title": None, "readOnlyHint": None, "openWorldHint": True},
    )
    agent = create_agent(model([ALLOW, DENY]), [remote], middleware=[middleware(guard)])
    result = asyncio.run(agent.ainvoke({"messages": [("user", "go")]}))
    assert shell.ran == [ALLOW]
    assert result["messages"][-3].content == f"ran {ALLOW}"
    assert result["messages"][-2].content.startswith("checkrein: railway:volumeDelete")
    assert [asked["annotations"] for asked in seen] == [{"openWorldHint": True}] * 2
    assert [asked["arguments"] for asked in seen] in (
        [{"command": ALLOW}, {"command": DENY}],
        [{"command": DENY}, {"command": ALLOW}],
    )


@pytest.mark.parametrize("hosted", [{"type": "web_search"}, {"google_search": {}}])
@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_tools_of_the_provider(
    guard: checkrein.Guard, shell: Shell, hosted: dict[str, Any], way: str
) -> None:
    run = Runner(guard, shell, [ALLOW], tools=[hosted], way=way)
    with pytest.raises(checkrein.ConfigurationError, match="_search"):
        run.start()
    assert shell.ran == []
    Runner(guard, shell, [ALLOW], tools=[hosted], way=way, allow_hosted=True).start()
    assert shell.ran == [ALLOW]


def test_a_schema_is_not_a_tool_of_the_provider(guard: checkrein.Guard, shell: Shell) -> None:
    schema = {"type": "function", "function": {"name": "brew", "parameters": {"type": "object"}}}
    run = Runner(guard, shell, [call("brew")], tools=[schema])
    run.start()
    assert "brew is not a valid tool" in run.told()[0]


def plain(
    guard: checkrein.Guard, shell: Shell, *turns: Any, fan_out: bool = False, **node: Any
) -> Any:
    """A graph without `create_agent`."""
    speaker = model(*turns)
    tools = node.pop("tools", [])

    def agent(state: MessagesState) -> Any:
        return {"messages": [speaker.invoke(state["messages"])]}

    def route(state: MessagesState) -> Any:
        calls = state["messages"][-1].tool_calls
        if fan_out:
            return [Send("tools", [call]) for call in calls] or "__end__"
        return "tools" if calls else "__end__"

    graph = StateGraph(MessagesState)
    graph.add_node("agent", agent)
    graph.add_node("tools", ToolNode([bash(shell), *tools], **middleware(guard).wrappers(), **node))
    graph.add_edge(START, "agent")
    graph.add_conditional_edges("agent", route, ["tools", "__end__"])
    graph.add_edge("tools", "agent")
    return graph.compile(checkpointer=InMemorySaver() if not node else None)


THREAD: Any = {"configurable": {"thread_id": "t"}}


@pytest.mark.parametrize("fan_out", [False, True])
def test_plain_graph(guard: checkrein.Guard, shell: Shell, fan_out: bool) -> None:
    graph = plain(guard, shell, [ALLOW], [DENY], [ASK], fan_out=fan_out)
    paused = graph.invoke({"messages": []}, THREAD)
    assert shell.ran == [ALLOW]
    assert paused["messages"][-2].content.startswith("checkrein: railway:volumeDelete")
    assert paused["__interrupt__"][0].value["tool"] == "bash"
    done = graph.invoke(Command(resume=True), THREAD)
    assert shell.ran == [ALLOW, ASK]
    assert done["messages"][-2].content == f"ran {ASK}"


def test_plain_graph_async(guard: checkrein.Guard, shell: Shell) -> None:
    async def main() -> Any:
        graph = plain(guard, shell, [ALLOW], [DENY], [ASK])
        await graph.ainvoke({"messages": []}, THREAD)
        return await graph.ainvoke(Command(resume=True), THREAD)

    done = asyncio.run(main())
    assert shell.ran == [ALLOW, ASK]
    assert done["messages"][-2].content == f"ran {ASK}"


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_plain_graph_with_calls_in_one_task(guard: checkrein.Guard, shell: Shell, way: str) -> None:
    """One task has one queue of answers, so nobody is asked; and what is allowed runs once."""
    graph = plain(guard, shell, [ASK, ALLOW, ASK_ELSE], [ASK])

    def go(value: Any) -> Any:
        if way == "ainvoke":
            return asyncio.run(graph.ainvoke(value, THREAD))
        return graph.invoke(value, THREAD)

    paused = go({"messages": []})
    assert shell.ran == [ALLOW]
    told = [m.content for m in paused["messages"] if isinstance(m, ToolMessage)]
    assert "again, alone" in told[0] and told[1] == f"ran {ALLOW}" and "again, alone" in told[2]
    (question,) = paused["__interrupt__"]
    assert "src" in question.value["message"]
    go(Command(resume=True))
    assert shell.ran == [ALLOW, ASK]


def test_plain_graph_with_fan_out(guard: checkrein.Guard, shell: Shell) -> None:
    graph = plain(guard, shell, [ASK, ALLOW, ASK_ELSE], fan_out=True)
    paused = graph.invoke({"messages": []}, THREAD)
    assert shell.ran == [ALLOW]
    answers = {asked.id: "docs" in asked.value["message"] for asked in paused["__interrupt__"]}
    assert sorted(answers.values()) == [False, True]
    graph.invoke(Command(resume=answers), THREAD)
    assert shell.ran == [ALLOW, ASK_ELSE]


def test_plain_graph_with_sub_agents_in_one_task(guard: checkrein.Guard, shell: Shell) -> None:
    """Neither can their questions be told apart."""
    helper = helper_tool(shell, [ASK], [ASK_ELSE], guard=middleware(guard), asynchronous=False)
    graph = plain(guard, shell, [TASK[0], call("bash", command=ALLOW)], tools=[helper])
    done = graph.invoke({"messages": []}, THREAD)
    assert "__interrupt__" not in done
    assert shell.ran == [ALLOW]
    assert "again, alone" in done["messages"][-3].content


def test_one_question_per_task(guard: checkrein.Guard, shell: Shell) -> None:
    """Sent as a whole, several calls look as if each had a task of its own."""
    speaker = model([ASK, ASK_ELSE])
    graph = StateGraph(MessagesState)
    graph.add_node("agent", lambda state: {"messages": [speaker.invoke(state["messages"])]})
    graph.add_node("tools", ToolNode([bash(shell)], **middleware(guard).wrappers()))
    graph.add_edge(START, "agent")
    graph.add_conditional_edges("agent", lambda state: [Send("tools", state)], ["tools"])
    app = graph.compile(checkpointer=InMemorySaver())
    (question,) = app.invoke({"messages": []}, THREAD)["__interrupt__"]
    app.invoke(Command(resume=True), THREAD)
    assert len(shell.ran) == 1
    assert ("src" in shell.ran[0]) == ("src" in question.value["message"])


def test_without_a_checkpointer_nothing_runs(guard: checkrein.Guard, shell: Shell) -> None:
    agent = create_agent(model([ASK]), [bash(shell)], middleware=[middleware(guard)])
    assert agent.invoke({"messages": [("user", "go")]})["__interrupt__"]
    assert shell.ran == []


def test_without_the_framework_the_error_says_what_to_install() -> None:
    error = checkrein._errors.missing("langchain", "langchain", ImportError("x"))
    assert "pip install 'checkrein[langchain]'" in str(error)
