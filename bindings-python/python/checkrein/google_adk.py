"""A guard before every tool of a Google ADK runner.

    >>> from checkrein.google_adk import GuardPlugin
    >>> agent = LlmAgent(name="builder", model="gemini-flash-latest", tools=[shell])
    >>> runner = InMemoryRunner(app=App(name="ops", root_agent=agent, plugins=[GuardPlugin()]))
    >>> events = [event async for event in runner.run_async(...)]
    >>> [call.name for event in events for call in event.get_function_calls()]  # a human is asked
    ['shell', 'adk_request_confirmation']

One plugin guards all agents of a runner: sub-agents, agents used as tools, tools of MCP servers
(``tool_name_prefix`` of the toolset names the server), tool nodes of workflows, long-running tools,
live runs. A call is decided when the callback runs, and again right before the tool runs if another
callback changed its arguments meanwhile. What must not run is ``{"error": reason}``.

What needs approval is the framework's ``adk_request_confirmation`` (of a tool node: its request for
input). It has the reason as ``hint`` and the question as ``payload``; the answer is a function
response of ``{"confirmed": true}`` or ``false``. A yes counts once, for exactly this call, in this
process. The framework cannot resume a live run or an agent in an ``AgentTool``; there it is refused.

Not seen by it, so each needs care:

- Tools that run at the model (Google Search, URL context, code execution), code executors, which
  run what the model writes, managed agents, ``AgentTool(include_plugins=False)``. An agent that has
  one is stopped, unless ``allow_hosted=True``. Tools at the model are not noticed in live runs.
- Agents behind A2A, LangGraph agents, and agents of your own class, which run tools in their own
  way.
- That work is handed to a sub-agent with ``mode="task"``. What it then does is seen.

The model's structured output is its answer, not a call, and is not decided.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from ._errors import ConfigurationError, missing
from ._gate import Gate, Outcome, Ruling, unreachable
from ._guard import Guard

try:
    from google.adk.agents.base_agent import BaseAgent
    from google.adk.agents.callback_context import CallbackContext
    from google.adk.models.llm_request import LlmRequest
    from google.adk.plugins.base_plugin import BasePlugin
    from google.adk.tools.agent_tool import AgentTool
    from google.adk.tools.base_tool import BaseTool
    from google.adk.tools.set_model_response_tool import SetModelResponseTool
    from google.adk.tools.tool_context import ToolContext
    from google.genai import types
except ImportError as error:
    raise missing("google_adk", "google-adk", error) from error

Arguments = dict[str, Any]
Answer = dict[str, Any]


class GuardPlugin(BasePlugin):
    """Decides every tool call of a runner.

    Args:
        guard: The guard; ``Guard()`` when absent.
        agent: Id of the agent; the name of the agent that calls when absent.
        session: Session; the id of the runner's session when absent.
        on_behalf_of: The human the agent acts for.
        workspace: As in :meth:`Guard.authorize`.
        env: As in :meth:`Guard.authorize`.
        allow_hosted: Let agents use what runs where nothing guards it (see above).

    Raises:
        ConfigurationError: The configuration cannot be used. When an agent has what ``allow_hosted``
            is for, its run ends in the framework's ``RuntimeError`` caused by this one.
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
        super().__init__("checkrein")
        self._gate = Gate(
            guard,
            agent=agent,
            session=session,
            on_behalf_of=on_behalf_of,
            workspace=workspace,
            env=env,
        )
        self._allow_hosted = allow_hosted

    async def before_agent_callback(
        self, *, agent: BaseAgent, callback_context: CallbackContext
    ) -> types.Content | None:
        """Stops an agent that runs code without calling a tool."""
        executor = getattr(agent, "code_executor", None)
        # By name, because its module imports clients that are expensive to import.
        if executor is not None or type(agent).__name__ == "ManagedAgent":
            self._refuse_hosted("the code executor" if executor else "managed agents", agent.name)
        return None

    async def before_model_callback(
        self, *, callback_context: CallbackContext, llm_request: LlmRequest
    ) -> None:
        """Stops an agent that offers the model tools that run there."""
        for offered in llm_request.config.tools or []:
            if isinstance(offered, types.Tool):
                kinds = set(offered.model_dump(exclude_none=True)) - {"function_declarations"}
                if kinds:
                    self._refuse_hosted(", ".join(sorted(kinds)), callback_context.agent_name)

    async def before_tool_callback(
        self, *, tool: BaseTool, tool_args: Arguments, tool_context: ToolContext
    ) -> Answer | None:
        """Decides the call. The framework runs the tool only when this returns nothing."""
        # The bare class stands for a tool that does not exist: the framework says so to the model.
        if type(tool) in (BaseTool, SetModelResponseTool) or _finishes(tool):
            return None
        if isinstance(tool, AgentTool) and not tool.include_plugins:
            self._refuse_hosted("AgentTool(include_plugins=False)", tool.name)
        _seal(tool)
        if tool_context.node is not None:
            # A tool node pauses for what the tool itself asks, not for what a callback asks.
            _calls[tool_context] = (self, None)
            return None
        return self._decide(tool, tool_args, tool_context)

    def _decide(self, tool: BaseTool, args: Arguments, context: ToolContext) -> Answer | None:
        refusal = self._refusal(tool, args, context)
        _calls[context] = (self, copy.deepcopy(args) if refusal is None else None)
        return refusal

    def _refuse_hosted(self, what: str, where: str) -> None:
        if not self._allow_hosted:
            raise ConfigurationError(
                f"checkrein cannot guard {what} of {where!r}, which runs without a tool call that "
                "can be decided here; remove it, or pass allow_hosted=True to let it run unguarded"
            )

    def _rule(self, tool: BaseTool, args: Arguments, context: ToolContext) -> Ruling:
        name, server, annotations = tool.name, None, None
        if (mcp_tool := getattr(tool, "raw_mcp_tool", None)) is not None:
            # The name a server gives itself is not used: it could pretend to be one that is known.
            server = name.rpartition(f"_{mcp_tool.name}")[0] or "mcp"
            name = mcp_tool.name
            if mcp_tool.annotations is not None:
                annotations = mcp_tool.annotations.model_dump(by_alias=True, exclude_none=True)
        return self._gate.rule(
            name,
            args,
            # A tool node makes up a new id when it is resumed; its place in the workflow stays.
            call_id=context.node_path if context.node else context.function_call_id,
            agent=context.agent_name,
            session=context.session.id,
            server=server,
            annotations=annotations,
        )

    def _refusal(self, tool: BaseTool, args: Arguments, context: ToolContext) -> Answer | None:
        ruling = self._rule(tool, args, context)
        match ruling.outcome:
            case Outcome.RUN:
                return None
            case Outcome.REFUSE:
                return {"error": ruling.message}
            case Outcome.ASK:
                confirmation = context.tool_confirmation
                if confirmation is None:
                    if ruling.show():
                        question = ruling.question()
                        context.request_confirmation(hint=ruling.message, payload=question)
                        # Or the model is called with a result that does not exist yet.
                        context.actions.skip_summarization = True
                elif confirmation.confirmed is not True:
                    ruling.withdraw()
                    return {"error": f"{ruling.message}\nThe human said no."}
                elif ruling.redeem():
                    return None
                return {"error": ruling.message}
            case never:
                unreachable(never)


def _finishes(tool: BaseTool) -> bool:
    """Whether it is the framework's own way to end a task, in a module that is not public."""
    kind = type(tool)
    return kind.__name__ == "FinishTaskTool" and kind.__module__.startswith("google.adk.")


# Calls between decision and execution, with the arguments that may run, once.
_calls: WeakKeyDictionary[ToolContext, tuple[GuardPlugin, Arguments | None]] = WeakKeyDictionary()


def _seal(tool: BaseTool) -> None:
    """Makes a tool look again at what it is about to run; without a plugin it runs as before."""
    run = tool.run_async
    if hasattr(run, "checkrein"):
        return

    async def run_async(*, args: Arguments, tool_context: ToolContext) -> Any:
        plugin, decided = _calls.get(tool_context, (None, None))
        if plugin is not None:
            refusal = None if decided == args else plugin._decide(tool, args, tool_context)
            if refusal is not None:
                return refusal
            _calls[tool_context] = (plugin, None)
        return await run(args=args, tool_context=tool_context)

    setattr(run_async, "checkrein", True)  # noqa: B010, functions have no such attribute
    setattr(tool, "run_async", run_async)  # noqa: B010, it is a method to the type checker
