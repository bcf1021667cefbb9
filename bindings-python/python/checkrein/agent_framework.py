"""Microsoft Agent Framework: a guard before every tool an agent calls.

    >>> from checkrein.agent_framework import GuardMiddleware
    >>> agent = Agent(client, tools=[shell], middleware=[GuardMiddleware(agent="builder")])
    >>> result = await agent.run("Tidy up.", session=session)
    >>> yes = [ask.to_function_approval_response(True) for ask in result.user_input_requests]
    >>> result = await agent.run(Message("user", yes), session=session)

What needs approval pauses the run; the framework's approval request carries the question under
``additional_properties["checkrein"]``. Answer in the ``AgentSession`` it was asked in.

The guard cannot see tools that run at the provider (hosted tools), agents that run elsewhere, and
tools your own code calls. Hosted tools are refused before the model is asked, see ``allow_hosted``.
So is an agent used as a tool that has no guard of its own: the framework hands no middleware down.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import warnings
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from ._errors import ConfigurationError, missing
from ._gate import Gate, Outcome, Ruling, unreachable
from ._guard import Guard

try:
    import agent_framework as af
    from agent_framework import _tools  # It keeps to itself how to forbid changes of arguments.
    from pydantic_core import to_jsonable_python
except ImportError as error:
    raise missing("agent_framework", "agent-framework-core", error) from error

__all__ = ["GuardMiddleware"]

with warnings.catch_warnings():
    # Marked experimental, which is for the operator to know and not for every start of a program.
    warnings.simplefilter("ignore")

    class _Bundle(af.MiddlewareBundle):
        """What has to be installed as one piece: a look at each call, and one at the offers."""


class GuardMiddleware(_Bundle):
    """Puts a guard before every tool call of an agent or of a chat client.

    Give every agent its own, as the last of its middleware, so that it sees what the others make of
    the arguments. Arguments that change after it abort the run; so does a failure of the guard.

    Args:
        guard: The guard; ``Guard()`` when absent.
        agent: Id of the agent. The framework does not tell a tool call whose it is.
        session: Session; the id of the framework's ``AgentSession`` when absent.
        on_behalf_of: The human the agent acts for.
        workspace: As in :meth:`checkrein.Guard.authorize`.
        env: As in :meth:`checkrein.Guard.authorize`.
        allow_hosted: Let tools pass that run where the guard cannot see them. Without it a run
            that offers such a tool to the model raises :class:`checkrein.ConfigurationError`.
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
        gate = Gate(
            guard,
            agent=agent,
            session=session,
            on_behalf_of=on_behalf_of,
            workspace=workspace,
            env=env,
        )
        super().__init__([_Calls(gate, allow_hosted), _Offers(allow_hosted)])


class _Calls(af.FunctionMiddleware):
    """Decides each call."""

    def __init__(self, gate: Gate, allow_hosted: bool) -> None:
        self._gate = gate
        self._allow_hosted = allow_hosted

    async def process(
        self, context: af.FunctionInvocationContext, call_next: Callable[[], Awaitable[None]]
    ) -> None:
        # An ordinary exception would be told to the model as a failure of the tool, and the run
        # would go on without a working guard.
        try:
            answer = self._answer(context)
        except af.MiddlewareFailure:
            raise
        except Exception as error:
            raise af.MiddlewareFailure("checkrein: the guard failed, so the run stops") from error
        if answer is None:
            await call_next()
        else:
            context.result = answer

    def _answer(self, context: af.FunctionInvocationContext) -> str | af.Content | None:
        """What answers the call in the tool's place; ``None`` when the tool is to run."""
        if not self._allow_hosted:
            _refuse_unseen([context.function])
        tool, arguments, server = _call(context)
        session: af.AgentSession | None = context.session
        ruling = self._gate.rule(
            tool,
            arguments,
            call_id=_occurrence(context),
            session=session.session_id if session else None,
            server=server,
        )
        match ruling.outcome:
            case Outcome.RUN:
                pass
            case Outcome.REFUSE:
                return ruling.message
            case Outcome.ASK:
                response = context.metadata.get("approval_response")
                # A yes to somebody else's question (the tool's `approval_mode`, or a call the
                # framework put aside while another one was asked about) is none to this one.
                if response is None or not _question(response):
                    return _request(context, ruling) if ruling.show() else ruling.message
                if response.approved is not True or not ruling.redeem():
                    return ruling.message
            case never:
                unreachable(never)
        _bind(context)
        return None

    def _on_approval_responses(
        self, responses: Sequence[af.Content], *, session: af.AgentSession | None
    ) -> None:
        """The framework calls it with every no."""
        for response in responses:
            fingerprint, call = _question(response).get("fingerprint"), response.function_call
            if fingerprint and call is not None:
                with contextlib.suppress(Exception):
                    self._gate.guard.approvals.withdraw(fingerprint, call.id or call.call_id or "")


class _Offers(af.ChatMiddleware):
    """Looks at what is offered to the model."""

    def __init__(self, allow_hosted: bool) -> None:
        self._allow_hosted = allow_hosted

    async def process(
        self, context: af.ChatContext, call_next: Callable[[], Awaitable[None]]
    ) -> None:
        if not self._allow_hosted:
            _refuse_unseen(af.normalize_tools((context.options or {}).get("tools")))
        await call_next()


def _refuse_unseen(tools: Sequence[Any]) -> None:
    """Raises when a tool runs where no middleware of this agent is asked."""
    unseen: list[str] = []
    for tool in tools:
        if not isinstance(tool, af.FunctionTool):
            kind = tool.get("type") if isinstance(tool, Mapping) else None
            unseen.append(f"`{kind or type(tool).__name__}` runs at the provider")
        elif "as_tool.<locals>" in getattr(tool.func, "__qualname__", ""):
            agent = _closed_over(tool, "self")
            own = getattr(agent, "middleware", None) or ()
            client = getattr(getattr(agent, "client", None), "function_middleware", ())
            middleware = [*(own if isinstance(own, Sequence) else (own,)), *client]
            if not any(isinstance(item, (GuardMiddleware, _Calls)) for item in middleware):
                unseen.append(f"the agent behind `{tool.name}` has no GuardMiddleware")
    if unseen:
        raise ConfigurationError(
            f"checkrein cannot see what some tools do: {'; '.join(unseen)}. Give each agent a "
            "GuardMiddleware of its own, take the tool away, or accept it with allow_hosted=True"
        )


def _call(context: af.FunctionInvocationContext) -> tuple[str, dict[str, Any], str | None]:
    """Tool, arguments and MCP server, as they will be executed."""
    function, arguments = context.function, context.arguments
    values: dict[str, Any] = dict(
        arguments if isinstance(arguments, Mapping) else arguments.model_dump(exclude_unset=True)
    )
    remote = (function.additional_properties or {}).get("_mcp_remote_name")
    server = getattr(_closed_over(function, "mcp_tool"), "name", None)
    if not remote or not server:
        return function.name, values, None
    # What the application hands to every tool reaches an MCP tool that declares the name.
    declared = set(function.parameters().get("properties", ())) - {"session"}
    given = {name: value for name, value in context.kwargs.items() if name in declared}
    return str(remote), {**given, **values}, str(server)


def _closed_over(function: af.FunctionTool, name: str) -> Any:
    """A variable that the code of a tool the framework made has captured."""
    code: Any = function.func
    try:
        return inspect.getclosurevars(code).nonlocals.get(name)
    except (TypeError, ValueError):
        return None  # No function.


def _occurrence(context: af.FunctionInvocationContext) -> str:
    """The framework's id of this one call; a provider may use its own again."""
    metadata = context.metadata
    return str(metadata.get("function_call_occurrence_id") or metadata.get("call_id") or "")


def _question(content: af.Content) -> Mapping[str, Any]:
    """What the guard asked; empty when somebody else did."""
    question = (content.additional_properties or {}).get("checkrein")
    return question if isinstance(question, Mapping) else {}


def _request(context: af.FunctionInvocationContext, ruling: Ruling) -> af.Content:
    """The framework's request for approval of this call."""
    request = occurrence = _occurrence(context)
    properties: dict[str, Any] = {"checkrein": ruling.question()}
    if "approval_response" in context.metadata:
        # The question answered before had the call's id; this is how a further one is told apart.
        request = f"{occurrence}:replacement:{uuid4().hex}"
        properties[_tools._APPROVAL_REQUEST_ID_KEY] = request
        properties["_replacement_approval_request"] = True
    call = af.Content.from_function_call(
        call_id=str(context.metadata.get("call_id") or occurrence),
        name=context.function.name,
        arguments=to_jsonable_python(dict(context.arguments)),
        id=occurrence,
    )
    return af.Content.from_function_approval_request(
        request, call, additional_properties=properties
    )


def _bind(context: af.FunctionInvocationContext) -> None:
    """Makes the framework abort when arguments change between here and the tool."""
    if _tools._SECURITY_ARGUMENTS_SNAPSHOT_CONTEXT_KEY in context.metadata:
        return
    try:
        token = _tools._argument_authority_token(context.arguments, boundary="checkrein")
    except af.MiddlewareFailure:
        return  # Such values cannot be compared; the framework would refuse every one of them.
    context.metadata[_tools._SECURITY_ARGUMENTS_SNAPSHOT_CONTEXT_KEY] = token
