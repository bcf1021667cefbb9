"""What the tests of `langchain` share."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from conftest import WORKSPACE, Shell
from langchain.agents import AgentState, create_agent
from langchain.agents.middleware import (
    AgentMiddleware,
    ToolCallRequest,
)
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, Send
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


class Aliased(BaseModel):
    command: str = Field(alias="cmd")
    quiet: bool = False


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
