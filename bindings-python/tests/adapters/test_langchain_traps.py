"""What gets around a careless guard: the further tests of `langchain`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from conftest import ALLOW, ASK, ASK_ELSE, DENY, Shell
from langchain.agents import create_agent
from langchain.agents.middleware import (
    ToolRetryMiddleware,
)
from langchain_core.messages import ToolMessage
from langchain_core.tools import StructuredTool, ToolException, tool
from langchain_scenario import (
    TASK,
    THREAD,
    Aliased,
    Runner,
    Situation,
    bash,
    call,
    helper_tool,
    middleware,
    model,
    plain,
)
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import InjectedState, ToolNode, ToolRuntime
from langgraph.types import Command, Send, interrupt

import checkrein

pytest_plugins = ["langchain_scenario"]


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
