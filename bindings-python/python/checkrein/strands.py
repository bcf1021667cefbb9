"""A guard before every tool of a Strands agent.

    >>> from checkrein.strands import GuardIntervention
    >>> agent = Agent(model, name="builder", tools=[shell], interventions=[GuardIntervention()])
    >>> result = agent("Tidy up staging.")
    >>> result.stop_reason  # a human is asked
    'interrupt'

A call is decided after all hooks, interventions and middleware, by the tool that runs and the input
it gets: calls of the model, of background tasks, of ``agent.tool.name()``, and of MCP servers (the
client's ``prefix`` names the server). An agent used as a tool is guarded with the one that calls it,
and a ``Graph`` or ``Swarm`` takes the same object in ``plugins`` for all its nodes; an agent's own
guard goes first. What must not run is an error result with the reason.

What needs approval is an interrupt; its ``name`` starts with ``checkrein:``, its ``reason`` is the
question. Yes is an ``interruptResponse`` of ``True``, ``"y"`` or ``"yes"``, all else is no. A yes
counts once, for exactly this call, in this process; a call that was changed is asked about anew, and
a retry is another call. A direct call cannot be paused and is refused.

Not seen by it, so each needs care:

- An agent that a tool's code makes: hand it the guard, as the framework's ``subagent`` and
  ``swarm`` tools do, unless they have a ``builder`` of yours.
- Tools that run at the provider. A model set up with them aborts the run, unless
  ``allow_hosted=True``; those of a model class unknown here are not noticed.
- Agents behind A2A, bidirectional agents, tool objects that your code calls without an agent, and
  middleware added after the first call that puts another tool in the place of the called one.

The model's structured output is its answer, not a call, and is not decided.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from ._errors import ConfigurationError, missing
from ._gate import Gate, Outcome, Ruling, unreachable
from ._guard import Guard

try:
    from strands import Agent, InterventionHandler, LocalAgent, MultiAgentPlugin, hooks
    from strands.interrupt import InterruptException
    from strands.interventions import Proceed
    from strands.interventions.actions import default_evaluate
    from strands.middleware import ExecuteToolContext, ExecuteToolStage, ToolResultEvent
    from strands.tools.structured_output.structured_output_tool import StructuredOutputTool
    from strands.types.tools import AgentTool, ToolGenerator, ToolResultContent, ToolUse
except ImportError as error:
    raise missing("strands", "strands-agents", error) from error


class GuardIntervention(InterventionHandler, MultiAgentPlugin):
    """Decides every tool call of an agent right before it runs.

    Args:
        guard: The guard; ``Guard()`` when absent.
        agent: Id of the agent; the agent's ``name`` when absent.
        session: Session; that of the agent's session manager, if any, when absent.
        on_behalf_of: The human the agent acts for.
        workspace: As in :meth:`Guard.authorize`.
        env: As in :meth:`Guard.authorize`.
        allow_hosted: Let the model use tools that run at the provider, where nothing guards them.

    Raises:
        ConfigurationError: The configuration cannot be used; or, at an invocation, hosted tools.
    """

    name = "checkrein"
    on_error = "throw"

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
        self._gate = Gate(
            guard,
            agent=agent,
            session=session,
            on_behalf_of=on_behalf_of,
            workspace=workspace,
            env=env,
        )
        self._allow_hosted = allow_hosted

    def before_invocation(self, event: hooks.BeforeInvocationEvent, **_: Any) -> Proceed:
        """Guards the agent, and refuses a model with hosted tools."""
        _adopt(event.agent, self, own=True)
        self._refuse_hosted(event)
        return Proceed()

    def before_tool_call(self, event: hooks.BeforeToolCallEvent, **_: Any) -> Proceed:
        """Guards the agent; a direct call comes without an invocation."""
        _adopt(event.agent, self, own=True)
        return Proceed()

    def init_multi_agent(self, orchestrator: Any) -> None:
        """Guards all agents of a ``Graph`` or ``Swarm``; they are not there yet."""
        orchestrator.add_hook(
            lambda event: _adopt_nodes(event.source, self), hooks.BeforeNodeCallEvent
        )

    def _refuse_hosted(self, event: hooks.BeforeInvocationEvent) -> None:
        config = event.agent.model.get_config() or {}
        params = config.get("params") or {}
        hosted = [key for key in ("anthropic_tools", "gemini_tools") if config.get(key)]
        hosted += [key for key in ("tools", "web_search_options") if params.get(key)]
        if hosted and not self._allow_hosted:
            raise ConfigurationError(
                f"checkrein cannot guard tools that run at the provider ({', '.join(hosted)}); "
                "remove them from the model, or pass allow_hosted=True to let them run unguarded"
            )

    def _refusal(self, tool: AgentTool, call: ToolUse, context: ExecuteToolContext) -> str | None:
        ruling = self._rule(tool, call, context)
        match ruling.outcome:
            case Outcome.RUN:
                return None
            case Outcome.REFUSE:
                return ruling.message
            case Outcome.ASK:
                # Only calls of the event loop can be paused; a direct call would fail unexplained.
                if "event_loop_cycle_id" not in context.invocation_state:
                    return f"{ruling.message}\nA direct call of a tool cannot wait for an approval."
                # Two calls of one turn may bear the same id, and an answer is for one act only.
                name = f"{self.name}:{ruling.fingerprint}"
                try:
                    answer = context.interrupt(name, reason=ruling.question()).response
                except InterruptException:
                    if ruling.show():
                        raise
                    return ruling.message
                if not default_evaluate(answer):
                    ruling.withdraw()
                    return f"{ruling.message}\nThe human said no."
                return None if ruling.redeem() else ruling.message
            case never:
                unreachable(never)

    def _rule(self, tool: AgentTool, call: ToolUse, context: ExecuteToolContext) -> Ruling:
        name, server = tool.tool_name, None
        if (mcp_tool := getattr(tool, "mcp_tool", None)) is not None:
            # The name a server gives itself is not used: it could pretend to be one that is known.
            server = name.rpartition(f"_{mcp_tool.name}")[0] or "mcp"
            name = mcp_tool.name
        return self._gate.rule(
            name,
            call["input"],
            call_id=context.tool_use["toolUseId"],
            agent=getattr(context.agent, "name", None),
            session=getattr(getattr(context.agent, "_session_manager", None), "session_id", None),
            server=server,
            annotations=tool.tool_spec.get("annotations"),
        )


class _Guarded(AgentTool):
    """Stands for a tool during one call, inside everything that may still change its input."""

    def __init__(self, guard: GuardIntervention, context: ExecuteToolContext, tool: AgentTool):
        super().__init__()
        self._guard, self._context, self._tool = guard, context, tool

    tool_name = property(lambda self: self._tool.tool_name)
    tool_spec = property(lambda self: self._tool.tool_spec)
    tool_type = property(lambda self: self._tool.tool_type)

    async def stream(self, tool_use: ToolUse, *args: Any, **kwargs: Any) -> ToolGenerator:
        refusal = self._guard._refusal(self._tool, tool_use, self._context)
        if refusal is not None:
            call_id, content = tool_use["toolUseId"], [ToolResultContent(text=refusal)]
            yield ToolResultEvent({"toolUseId": call_id, "status": "error", "content": content})
            return
        async for event in self._tool.stream(tool_use, *args, **kwargs):
            yield event


_guards: WeakKeyDictionary[LocalAgent, tuple[GuardIntervention, bool]] = WeakKeyDictionary()


def _adopt(agent: Agent, guard: GuardIntervention, *, own: bool = False) -> None:
    """Guards an agent. Its own guard goes before that of whoever uses it as a part."""
    if agent not in _guards:
        # Added late, so that it lies inside of what plugins added when the agent was made.
        agent.add_middleware(ExecuteToolStage, _around)
        agent.add_hook(_check_model, hooks.BeforeInvocationEvent, order=hooks.HookOrder.SDK_LAST)
    elif _guards[agent][1] and not own:
        return
    _guards[agent] = (guard, own)


def _adopt_nodes(orchestrator: Any, guard: GuardIntervention) -> None:
    for node in getattr(orchestrator, "nodes", {}).values():
        if isinstance(node.executor, Agent):
            _adopt(node.executor, guard)
        else:
            _adopt_nodes(node.executor, guard)


def _check_model(event: hooks.BeforeInvocationEvent) -> None:
    _guards[event.agent][0]._refuse_hosted(event)


async def _around(context: ExecuteToolContext, run: Any) -> AsyncGenerator[Any, None]:
    if context.tool is not None and type(context.tool) is not StructuredOutputTool:
        guard = _guards[context.agent][0]
        if isinstance(inner := getattr(context.tool, "agent", None), Agent):
            _adopt(inner, guard)
        context = context.replace(tool=_Guarded(guard, context, context.tool))
    async for event in run(context):
        yield event
