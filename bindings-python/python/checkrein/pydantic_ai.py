"""A guard before every tool of a Pydantic AI agent.

    >>> from checkrein.pydantic_ai import GuardCapability
    >>> agent = Agent("openai:gpt-5", name="builder", tools=[shell],
    ...               output_type=[str, DeferredToolRequests], capabilities=[GuardCapability()])
    >>> result = await agent.run("Tidy up staging.")
    >>> isinstance(result.output, DeferredToolRequests)  # a human is asked
    True

A call is decided after all other hooks, on the arguments the tool is called with: function tools,
the tools of any toolset and of MCP servers, output functions, and calls handed out as external.
What must not run is a failed tool result with the reason; it costs no retry.

What needs approval raises the framework's ``ApprovalRequired``. The question is
``requests.metadata[call_id]``; the answer goes back as ``DeferredToolResults`` with the message
history, or comes from a ``HandleDeferredToolCalls`` capability. A yes counts once, for exactly this
call, in this process. Arguments changed with ``ToolApproved(override_args=...)`` are another call.

What it does not see:

- An agent that a tool runs. Give it a ``GuardCapability`` too; one may serve many agents. For its
  questions to reach a human, the tool has to hand on the ``DeferredToolRequests`` it returns.
- Tools that run at the provider (web search, code execution, hosted MCP servers). A run that offers
  one is aborted, unless ``allow_hosted=True``. Realtime sessions do not call the hook for this.
- Tools put into a request by hand (``extra_body``), and runs that a durable execution engine
  replays in another process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from ._errors import ConfigurationError, missing
from ._gate import Gate, Outcome, Ruling, unreachable
from ._guard import Guard

try:
    from pydantic import BaseModel
    from pydantic_ai import ModelRetry, RunContext, ToolDefinition, __version__
    from pydantic_ai.capabilities import AbstractCapability, CapabilityOrdering
    from pydantic_ai.exceptions import ApprovalRequired, ToolFailed
    from pydantic_ai.messages import ToolCallPart, ToolReturnPart
    from pydantic_ai.models import ModelRequestContext
    from pydantic_ai.output import OutputContext
    from pydantic_ai.toolsets import PrefixedToolset, RenamedToolset, WrapperToolset

    # Older versions do not call all hooks below, or lose a question: gaps that nobody would notice.
    if tuple(map(int, __version__.split(".")[:2])) < (2, 68):
        raise ImportError(f"version 2.68 or newer, {__version__} is installed")
except ImportError as error:
    raise missing("pydantic_ai", "pydantic-ai-slim", error) from error

_Args = dict[str, Any]
# Questions whose "no" is still looked out for; an older one is void when its approval expires.
_OPEN_QUESTIONS = 1024


class GuardCapability(AbstractCapability[Any]):
    """Decides every tool call of an agent right before it runs. An agent can have only one.

    Args:
        guard: The guard; ``Guard()`` when absent.
        agent: Id of the agent; the agent's ``name`` when absent.
        session: Session; the conversation's id when absent. It is part of what a human approves,
            so it must be the same when a run is resumed.
        on_behalf_of: The human the agent acts for.
        workspace: As in :meth:`Guard.authorize`.
        env: As in :meth:`Guard.authorize`.
        allow_hosted: Let the model use tools that run at the provider, where nothing guards them.

    Raises:
        ConfigurationError: The configuration cannot be used; or, when a model is called, it is
            offered a tool that runs at the provider.
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
        self._gate = Gate(
            guard,
            agent=agent,
            session=session,
            on_behalf_of=on_behalf_of,
            workspace=workspace,
            env=env,
        )
        self._allow_hosted = allow_hosted
        self._asked: dict[tuple[str | None, str], Ruling] = {}

    def get_ordering(self) -> CapabilityOrdering:
        """Inside all others, so that no hook changes arguments after the decision."""
        return CapabilityOrdering(position="innermost", wrapped_by=(AbstractCapability,))

    async def before_tool_execute(
        self, ctx: RunContext[Any], *, call: ToolCallPart, tool_def: ToolDefinition, args: _Args
    ) -> _Args:
        """Decides the call. The framework runs the tool only when this returns."""
        self._settle(ctx, self._rule(ctx, tool_def.name, args, call.tool_call_id))
        return args

    async def after_tool_validate(
        self, ctx: RunContext[Any], *, call: ToolCallPart, tool_def: ToolDefinition, args: _Args
    ) -> _Args:
        """Decides what leaves the run before it is executed: to be executed elsewhere, or asked."""
        if tool_def.kind == "external":
            # Whoever executes it gets the call as the model made it, and cannot be made to ask.
            ruling = self._rule(ctx, tool_def.name, call.args_as_dict(), call.tool_call_id)
            if ruling.outcome is not Outcome.RUN:
                raise ToolFailed(ruling.message)
        elif tool_def.kind == "unapproved" and not ctx.tool_call_approved:
            # The framework asks a human in any case: its one question has to be ours as well.
            self._settle(ctx, self._rule(ctx, tool_def.name, args, call.tool_call_id))
        return args

    async def before_output_process(
        self, ctx: RunContext[Any], *, output_context: OutputContext, output: Any
    ) -> Any:
        """Decides an output function. It cannot be paused, so what needs approval is refused."""
        if output_context.has_function:
            definition = output_context.tool_def
            name = output_context.function_name or (definition.name if definition else "output")
            arguments = _output_arguments(output, definition)
            ruling = self._rule(ctx, name, arguments, ctx.tool_call_id)
            if ruling.outcome is not Outcome.RUN:
                raise ModelRetry(ruling.message)
        return output

    async def prepare_model_request(
        self, ctx: RunContext[Any], request_context: ModelRequestContext
    ) -> ModelRequestContext:
        """Refuses hosted tools, and takes note of what humans said no to."""
        if not self._allow_hosted and (hosted := _hosted(request_context)):
            raise ConfigurationError(
                f"checkrein cannot guard tools that run at the provider ({', '.join(hosted)}); "
                "remove them, or pass allow_hosted=True to let them run unguarded"
            )
        if self._asked and request_context.messages:
            for part in request_context.messages[-1].parts:
                if isinstance(part, ToolReturnPart) and part.outcome == "denied":
                    asked = self._asked.pop((ctx.conversation_id, part.tool_call_id), None)
                    if asked is not None:
                        asked.withdraw()
        return request_context

    def _rule(
        self, ctx: RunContext[Any], name: str, args: Mapping[str, Any], call_id: str | None
    ) -> Ruling:
        name, server, annotations = _origin(ctx, name)
        return self._gate.rule(
            name,
            args,
            call_id=call_id,
            agent=ctx.agent.name if ctx.agent else None,
            session=ctx.conversation_id,
            server=server,
            annotations=annotations,
        )

    def _settle(self, ctx: RunContext[Any], ruling: Ruling) -> None:
        """Returns when the call may run; otherwise raises what the framework has for it."""
        match ruling.outcome:
            case Outcome.RUN:
                return
            case Outcome.REFUSE:
                pass
            case Outcome.ASK:
                key = (ctx.conversation_id, ruling.call_id)
                if ctx.tool_call_approved:
                    self._asked.pop(key, None)
                    if ruling.redeem():
                        return
                elif ruling.show():
                    self._asked[key] = ruling
                    if len(self._asked) > _OPEN_QUESTIONS:
                        del self._asked[next(iter(self._asked))]
                    raise ApprovalRequired(metadata=ruling.question())
            case never:
                unreachable(never)
        raise ToolFailed(ruling.message)


def _origin(ctx: RunContext[Any], name: str) -> tuple[str, str | None, Mapping[str, Any] | None]:
    """The tool's own name; and, when it is a tool of one, its MCP server and annotations."""
    # A module that was never imported has no toolset in use, and is expensive to import.
    mcp = sys.modules.get("pydantic_ai.mcp")
    tools = ctx.tool_manager.tools if ctx.tool_manager else None
    tool = (tools or {}).get(name)
    toolset, inner = tool.toolset if tool else None, name
    while isinstance(toolset, WrapperToolset):
        if isinstance(toolset, PrefixedToolset):
            inner = inner.removeprefix(f"{toolset.prefix}_")
        elif isinstance(toolset, RenamedToolset):
            inner = toolset.name_map.get(inner, inner)
        toolset = toolset.wrapped
    if mcp is None or tool is None or not isinstance(toolset, mcp.MCPToolset):
        return name, None, None
    # The name a server gives itself is not used: it could pretend to be a server that is known.
    return inner, toolset.id or "mcp", (tool.tool_def.metadata or {}).get("annotations")


def _hosted(request: ModelRequestContext) -> list[str]:
    """What is offered to the model and runs at the provider."""
    # Tool search only chooses which of the agent's own tools the model sees.
    tools = request.model_request_parameters.native_tools
    kinds = [tool.kind for tool in tools if tool.kind != "tool_search"]
    settings = request.model_settings or {}
    keys = [key for key in settings if key.endswith(("_native_tools", "_builtin_tools"))]
    return kinds + [key for key in keys if settings.get(key)]


def _output_arguments(output: Any, definition: ToolDefinition | None) -> Mapping[str, Any]:
    """The arguments of an output function by name; the framework hands over a lone one bare."""
    if isinstance(output, Mapping):
        return output
    if isinstance(output, BaseModel):
        return output.model_dump()
    properties = definition.parameters_json_schema.get("properties", {}) if definition else {}
    return {next(iter(properties)) if len(properties) == 1 else "output": output}
