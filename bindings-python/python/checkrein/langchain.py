"""A guard before every tool of a LangChain agent or a LangGraph graph.

    >>> from checkrein.langchain import GuardMiddleware
    >>> agent = create_agent(model, [shell], middleware=[..., GuardMiddleware(agent="builder")],
    ...                      checkpointer=InMemorySaver())
    >>> node = ToolNode([shell], **GuardMiddleware(agent="builder").wrappers())  # in other graphs

A call is decided when its tool is invoked, on the arguments the tool runs with: as its schema
parses them, with defaults, and with what the graph injects as far as that is plain data. Put the
middleware last: then arguments changed by others, or by a human in ``HumanInTheLoopMiddleware``,
are decided as changed. The model reads why a call must not run, in a ``ToolMessage``.

What needs approval is an ``interrupt`` with :meth:`Ruling.question`; the graph needs a
checkpointer. ``Command(resume=answer)`` goes on: ``True``,
``{"type": "approve"}`` and ``{"decisions": [{"type": "approve"}]}`` are a yes, all else is a no. A
yes counts once, for exactly this call, in this process. A ``ToolNode`` outside of ``create_agent``
that gets several calls at once cannot tell whose answer it gets: there, what needs approval is
refused, with the advice to make the call alone.

A tool started inside a guarded tool, by it or by a sub-agent, is decided as well. No human can be
asked about it, and when it must not run, the tool around it ends and its model reads why. A
sub-agent with a middleware of its own can ask, and go on.

Not seen by it, so each needs care:

- Tools that run at the model's provider. A model call that offers one is aborted, unless
  ``allow_hosted=True``; one that is bound to the model itself cannot be noticed.
- What a tool takes from a state or store that is injected as a whole.
- Tools that another tool starts in a thread without the context, or by calling their function.
"""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, TypeVar, cast
from uuid import UUID

from ._convert import plain
from ._errors import ConfigurationError, Denied, missing
from ._gate import Gate, Outcome, Ruling, unreachable
from ._guard import Guard

try:
    from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
    from langchain_core.callbacks import BaseCallbackHandler
    from langchain_core.messages import AIMessage, BaseMessage, ToolCall, ToolMessage
    from langchain_core.runnables.config import RunnableConfig, set_config_context
    from langchain_core.tools import BaseTool
    from langchain_core.tracers.context import register_configure_hook
    from langgraph.config import get_config
    from langgraph.errors import GraphBubbleUp, GraphInterrupt
    from langgraph.prebuilt.tool_node import ToolCallRequest
    from langgraph.types import Command, interrupt
except ImportError as error:
    raise missing("langchain", "langchain", error) from error

_T = TypeVar("_T")
_Result = ToolMessage | Command[Any]
_Run = Callable[[ToolCallRequest], _Result]
_AsyncRun = Callable[[ToolCallRequest], Awaitable[_Result]]


class GuardMiddleware(AgentMiddleware[Any, Any, Any]):
    """Decides every tool call of an agent right before it runs. Put it last.

    Args:
        guard: The guard; ``Guard()`` when absent.
        agent: Id of the agent; the ``name`` given to ``create_agent`` when absent.
        session: Session; the run's ``thread_id`` when absent.
        on_behalf_of: The human the agent acts for.
        workspace: As in :meth:`Guard.authorize`.
        env: As in :meth:`Guard.authorize`.
        allow_hosted: Let the model use tools that run at its provider, where nothing guards them.

    Raises:
        ConfigurationError: The configuration cannot be used; or, when a model is called, it is
            offered a tool that runs at its provider.
    """

    def __init__(
        self,
        guard: Guard | None = None,
        *,
        agent: str | None = None,
        session: str | None = None,
        on_behalf_of: str | None = None,
        workspace: str | os.PathLike[str] | Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        allow_hosted: bool = False,
    ) -> None:
        super().__init__()
        self.tools = []
        self._gate = Gate(
            guard,
            agent=agent,
            session=session,
            on_behalf_of=on_behalf_of,
            workspace=workspace,
            env=env,
        )
        self._allow_hosted = allow_hosted
        self._watch = _Watch(self._gate)
        # The call a task of a graph asked about: in one task, answers come in order, unnamed.
        self._asked: dict[str, _Key] = {}
        # Approved calls whose tool paused for a question of its own. They run again from the top.
        self._paused: set[_Key] = set()

    def wrappers(self) -> dict[str, Callable[..., Any]]:
        """For ``ToolNode(tools, **wrappers)``. One of the two alone would leave a way around."""
        return {"wrap_tool_call": self.wrap_tool_call, "awrap_tool_call": self.awrap_tool_call}

    def wrap_tool_call(self, request: ToolCallRequest, handler: _Run) -> _Result:
        """Runs the call when it may run; otherwise asks, or answers with the reason."""
        with _set(_watch, self._watch):
            try:
                return handler(self._checked(request))
            except _Stopped as stopped:
                return _refusal(request.tool_call, str(stopped))

    async def awrap_tool_call(self, request: ToolCallRequest, handler: _AsyncRun) -> _Result:
        """Runs the call when it may run; otherwise asks, or answers with the reason."""
        with _set(_watch, self._watch):
            try:
                return await handler(self._checked(request))
            except _Stopped as stopped:
                return _refusal(request.tool_call, str(stopped))

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Refuses hosted tools."""
        self._refuse_hosted(request)
        return handler(request)

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Refuses hosted tools."""
        self._refuse_hosted(request)
        return await handler(request)

    def _refuse_hosted(self, request: ModelRequest[Any]) -> None:
        # A dict with a schema of arguments is called through us, or not at all.
        schemas = {"function", "parameters", "input_schema", "properties"}
        dicts = [tool for tool in request.tools if isinstance(tool, dict)]
        hosted = [str(tool.get("type") or [*tool]) for tool in dicts if schemas.isdisjoint(tool)]
        if hosted and not self._allow_hosted:
            raise ConfigurationError(
                f"checkrein cannot guard tools that run at the provider ({', '.join(hosted)}); "
                "remove them, or pass allow_hosted=True to let them run unguarded"
            )

    def _checked(self, request: ToolCallRequest) -> ToolCallRequest:
        # Without a tool there is nothing to run: the model is told that it does not exist.
        if request.tool is None:
            return request
        return request.override(tool=cast(BaseTool, _Checked(request.tool, request, self)))

    def _enter(
        self, tool: BaseTool, call: ToolCall, request: ToolCallRequest
    ) -> _Pass | ToolMessage:
        """A pass when the call may run, else what the model reads instead."""
        # An error of the tool's own schema passes through, as if the tool had raised it.
        arguments = _arguments(tool, call)
        try:
            config = request.runtime.config
            agent, session = _caller(config)
            shared = not _is_alone(request)
            ruling = self._gate.rule(
                tool.name,
                arguments,
                call_id=call["id"],
                agent=agent,
                session=session,
                annotations=_annotations(tool),
            )
            match ruling.outcome:
                case Outcome.RUN:
                    return _Pass(tool.name, shared)
                case Outcome.REFUSE:
                    return _refusal(call, ruling.message)
                case Outcome.ASK:
                    key = (ruling.fingerprint, ruling.call_id)
                    if shared or self._claim(config, key) != key:
                        return _refusal(call, f"{ruling.message}\n{_ALONE}")
                    if refused := self._ask(ruling, key, config):
                        return _refusal(call, refused)
                    return _Pass(tool.name, shared, key)
                case never:
                    unreachable(never)
        except GraphBubbleUp:
            raise
        except Exception as error:
            return _refusal(call, f"checkrein: {type(error).__name__}; the call is refused")

    def _claim(self, config: RunnableConfig, key: _Key) -> _Key:
        if len(self._asked) > _REMEMBERED:
            self._asked.pop(next(iter(self._asked)), None)
        return self._asked.setdefault(str(config["configurable"]["checkpoint_ns"]), key)

    def _ask(self, ruling: Ruling, key: _Key, config: RunnableConfig) -> str:
        """Why the call must not run; empty after a yes that counts."""
        try:
            # Before Python 3.11, async code does not find the graph by itself.
            with set_config_context(config) as context:
                answer = context.run(interrupt, ruling.question())
        except GraphInterrupt:
            # Only now a human is asked. On the way back `interrupt` returns the answer.
            if ruling.show():
                raise
            return ruling.message
        except Exception:
            return f"{ruling.message}\nNo human could be asked: this is not a graph that can pause."
        if not _is_yes(answer):
            ruling.withdraw()
            return f"{ruling.message}\nThe human said no{_why(answer)}"
        with suppress(KeyError):
            self._paused.remove(key)
            return ""
        return "" if ruling.redeem() else ruling.message

    @contextmanager
    def _inside(self, passed: _Pass) -> Iterator[None]:
        with _set(_passed, passed):
            try:
                yield
            except GraphInterrupt:
                if passed.approved and len(self._paused) < _REMEMBERED:
                    self._paused.add(passed.approved)
                raise


class _Checked:
    """A tool that is decided when it is invoked; in all else the tool itself."""

    def __init__(self, tool: BaseTool, request: ToolCallRequest, guard: GuardMiddleware) -> None:
        self._own = (tool, request, guard)

    def __getattr__(self, name: str) -> Any:
        # A copy in the making has nothing of its own yet.
        if name == "_own" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._own[0], name)

    def invoke(self, call: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        tool, request, guard = self._own
        passed = guard._enter(tool, call, request)
        if isinstance(passed, ToolMessage):
            return passed
        with guard._inside(passed):
            return tool.invoke(call, config, **kwargs)

    async def ainvoke(self, call: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        tool, request, guard = self._own
        passed = guard._enter(tool, call, request)
        if isinstance(passed, ToolMessage):
            return passed
        with guard._inside(passed):
            return await tool.ainvoke(call, config, **kwargs)


class _Pass:
    """For one start of one tool, however many handlers hear of it."""

    def __init__(self, tool: str, shared: bool, approved: _Key | None = None) -> None:
        self.tool = tool
        self.shared = shared
        self.approved = approved
        self.run: UUID | None = None

    def covers(self, tool: str, run: UUID) -> bool:
        if self.run is None and tool == self.tool:
            self.run = run
        return self.run == run


class _Watch(BaseCallbackHandler):
    """Decides each tool that starts inside a guarded tool without a pass."""

    raise_error = True
    run_inline = True

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def on_tool_start(
        self,
        serialized: dict[str, Any],
        input_str: str,
        *,
        run_id: UUID,
        inputs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        tool = str(serialized.get("name"))
        passed = _passed.get()
        if passed is not None and passed.covers(tool, run_id):
            return
        config: RunnableConfig = {}
        with suppress(RuntimeError):
            config = get_config()
        given = {"input": input_str} if inputs is None else inputs
        arguments = {name: v if _is_data(v) else str(v) for name, v in given.items()}
        agent, session = _caller(config)
        ruling = self._gate.rule(tool, arguments, agent=agent, session=session)
        match ruling.outcome:
            case Outcome.RUN:
                return
            case Outcome.REFUSE:
                raise _Stopped(ruling.message, ruling.decision)
            case Outcome.ASK:
                raise _Stopped(f"{ruling.message}\n{_INSIDE}", ruling.decision)
            case never:
                unreachable(never)


class _Stopped(Denied):
    """A tool inside a guarded tool must not run."""


_Key = tuple[str, str]
_REMEMBERED = 10_000
_ALONE = "No human was asked, as the answer could be taken for another call: make it again, alone."
_INSIDE = "No human can be asked about a tool that runs inside another one."

_passed: ContextVar[_Pass | None] = ContextVar("checkrein_passed", default=None)
_watch: ContextVar[_Watch | None] = ContextVar("checkrein_watch", default=None)
register_configure_hook(_watch, inheritable=True)


@contextmanager
def _set(variable: ContextVar[_T], value: _T) -> Iterator[None]:
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)


def _arguments(tool: BaseTool, call: ToolCall) -> dict[str, Any]:
    """What the tool runs with, as far as it is data."""
    given = call["args"]
    parsed = cast(dict[str, Any], tool._parse_input(dict(given), call["id"]))
    arguments = {}
    for name, value in parsed.items():
        # An object stands for the text it was parsed from; an injected one has no such text.
        data = value if _is_data(value) else given.get(name, str(value))
        if _is_data(data):
            arguments[name] = data
    return arguments


def _is_data(value: Any) -> bool:
    """Whether it has a JSON form. The conversation has one, but is no argument."""

    def leaf(value: Any) -> Any:
        if isinstance(value, BaseMessage):
            raise TypeError
        return plain(value)

    try:
        json.dumps(value, default=leaf, allow_nan=False)
    except Exception:
        return False
    return True


def _annotations(tool: BaseTool) -> dict[str, Any] | None:
    """MCP annotations, where `langchain-mcp-adapters` keeps them."""
    hints = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
    metadata = tool.metadata or {}
    return {hint: metadata[hint] for hint in hints if metadata.get(hint) is not None} or None


def _caller(config: RunnableConfig) -> tuple[str | None, str | None]:
    """The framework's names of the agent and the session."""
    agent = (config.get("metadata") or {}).get("lc_agent_name")
    thread = (config.get("configurable") or {}).get("thread_id")
    return (None if agent is None else str(agent)), (None if thread is None else str(thread))


def _is_alone(request: ToolCallRequest) -> bool:
    """Whether the call has a task of the graph for itself, so that an answer there is for it."""
    outer = _passed.get()
    if outer is not None and outer.shared:
        return False
    # `create_agent` sends each call to a task of its own.
    if "__pregel_push" in (request.runtime.config.get("metadata") or {}).get(
        "langgraph_triggers", ()
    ):
        return True
    state = {"messages": request.state} if isinstance(request.state, list) else request.state
    for messages in (state if isinstance(state, Mapping) else vars(state)).values():
        for message in reversed(messages) if isinstance(messages, list) else ():
            calls = message.tool_calls if isinstance(message, AIMessage) else []
            if any(call["id"] == request.tool_call["id"] for call in calls):
                return len(calls) == 1
    return False


def _refusal(call: ToolCall, text: str) -> ToolMessage:
    return ToolMessage(text, name=call["name"], tool_call_id=call["id"], status="error")


def _is_yes(answer: object) -> bool:
    approve = {"type": "approve"}
    if type(answer) is dict:
        return answer == approve or answer == {"decisions": [approve]}
    return answer is True


def _why(answer: object) -> str:
    """The human's words, in the forms of `HumanInTheLoopMiddleware`."""
    match answer:
        case {"type": "reject", "message": str(text)} | {
            "decisions": [{"type": "reject", "message": str(text)}]
        }:
            return f": {text}"
    return ""
