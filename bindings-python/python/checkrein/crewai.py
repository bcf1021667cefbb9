"""CrewAI: a guard before every tool a crew, a flow or a single agent calls.

    >>> from checkrein.crewai import install
    >>> guarded = install(workspace="/repo")
    >>> crew.kickoff()

The guard is a hook of CrewAI's and holds for the whole process. An agent is named by its role.
CrewAI cannot pause a run: what needs approval is refused and the agent is told why, unless ``ask``
asks somebody right there.

No hook sees tools that your own code runs, functions handed to ``LLM.call``, and the tools of
adapted agents (LangGraph, OpenAI Agents): wrap them with :meth:`Installed.guard_tool`. Nothing here
sees what runs at the provider or at remote agents. Runs with any such agent are refused, see
``allow_hosted``. In CrewAI's text protocol a tool that raises is run again with the same arguments,
up to five times, without another look.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

from ._errors import ConfigurationError, missing
from ._gate import Gate, Outcome, Ruling, unreachable
from ._guard import Guard

try:
    from crewai.agents.agent_adapters.base_agent_adapter import BaseAgentAdapter
    from crewai.hooks.dispatch import HookAborted, InterceptionPoint
    from crewai.hooks.dispatch import get_global_hook_list as hooks_at
    from crewai.hooks.dispatch import get_scoped_hooks as scoped_hooks_at
    from crewai.tools import BaseTool
    from crewai.utilities.string_utils import sanitize_tool_name
    from pydantic import PrivateAttr
except ImportError as error:
    raise missing("crewai", "crewai", error) from error

__all__ = ["Installed", "Refused", "install"]

# The call that was refused last in this context, and why: CrewAI tells the agent only that it was.
_refused: ContextVar[tuple[object, str] | None] = ContextVar("checkrein_refused", default=None)


class Refused(HookAborted, ConfigurationError):
    """A run was refused, because the guard cannot see what it does."""


def install(
    guard: Guard | None = None,
    *,
    agent: str | None = None,
    session: str | None = None,
    on_behalf_of: str | None = None,
    workspace: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
    ask: Callable[[Ruling], bool] | None = None,
    allow_hosted: bool = False,
) -> Installed:
    """Puts a guard before every tool call in this process. Call it before agents are made.

    Args:
        guard: The guard; ``Guard()`` when absent.
        agent: Id of the agent; the role of CrewAI's agent when absent.
        session: Session; the id of the crew when absent.
        on_behalf_of: The human the agents act for.
        workspace: As in :meth:`checkrein.Guard.authorize`.
        env: As in :meth:`checkrein.Guard.authorize`.
        ask: Asks a human about what needs approval, while the crew waits: gets the ruling and
            answers ``True`` for yes, all else is no. Threads may call it at the same time.
        allow_hosted: Let agents run whose tools run where the guard cannot see them. Without it
            such a run raises :class:`Refused`, a :class:`checkrein.ConfigurationError`.
    """
    gate = Gate(
        guard,
        agent=agent,
        session=session,
        on_behalf_of=on_behalf_of,
        workspace=workspace,
        env=env,
    )
    return Installed(gate, ask, allow_hosted)


class Installed:
    """The guard as it is installed; as a context manager it uninstalls itself."""

    def __init__(
        self, gate: Gate, ask: Callable[[Ruling], bool] | None, allow_hosted: bool
    ) -> None:
        self._gate = gate
        self._ask = ask
        self._allow_hosted = allow_hosted
        self._active = True
        self._arrange()

    def guard_tool(self, tool: BaseTool, *, agent: str | None = None) -> BaseTool:
        """The same tool with this guard inside, for where hooks do not reach.

        It stays guarded when the hooks are uninstalled. A refused call returns the reason.
        """
        keep = tool.cache_function
        fields = set(BaseTool.model_fields) - {"cache_function"}
        guarded = _Guarded(**{name: getattr(tool, name) for name in fields})
        guarded.cache_function = lambda arguments, result: (
            not isinstance(result, _Reason) and keep(arguments, result)
        )
        guarded._tool = tool
        guarded._rule = lambda name, arguments: self._answer(tool, name, arguments, agent=agent)
        return guarded

    def uninstall(self) -> None:
        """Takes the hooks away: tools run unguarded from now on."""
        self._active = False
        for point in InterceptionPoint:
            hooks = hooks_at(point)
            hooks[:] = [hook for hook in hooks if getattr(hook, "__self__", None) is not self]

    def __enter__(self) -> Installed:
        return self

    def __exit__(self, *_: object) -> None:
        self.uninstall()

    def _arrange(self) -> bool:
        """Sees to it that the guard comes first and last; ``False`` when it did not."""
        for point, hook in (
            (InterceptionPoint.POST_TOOL_CALL, self._tell),
            (InterceptionPoint.PRE_MODEL_CALL, self._look_at_model),
            (InterceptionPoint.EXECUTION_START, self._look_at_crew),
        ):
            if hook not in (others := hooks_at(point)):
                others.append(hook)
        hooks = hooks_at(InterceptionPoint.PRE_TOOL_CALL)
        if self._first not in hooks:
            hooks.insert(0, self._first)
        present = self._last in hooks
        if present and all(map(_is_ours, hooks[hooks.index(self._last) + 1 :])):
            return True
        hooks.append(self._last)  # Then away from the old place: no thread must ever find none.
        if present:
            hooks.remove(self._last)
        return False

    def _first(self, context: Any) -> None:
        # The tool runs with this very mapping, whatever other hooks put into its place.
        context._checkrein = (context.tool, context.tool_name, context.tool_input)

    def _last(self, context: Any) -> None:
        if self._active and (reason := _closed(lambda: self._decide(context))) is not None:
            _refused.set((getattr(context, "_checkrein", (None,))[-1], reason))
            raise HookAborted(reason, source="checkrein")

    def _decide(self, context: Any) -> str | None:
        if not self._arrange():
            return (
                "checkrein: another hook came after the guard and could have changed this call; "
                "now the guard comes last again, so call the tool once more"
            )
        if not all(map(_is_ours, scoped_hooks_at(InterceptionPoint.PRE_TOOL_CALL))):
            return (
                "checkrein: hooks of this execution come after the guard and could change the "
                "call; the operator has to register them for the process instead"
            )
        role, crew = getattr(context.agent, "role", None), getattr(context.crew, "id", None)
        tool, name, arguments = context._checkrein
        return self._answer(
            tool,
            name,
            arguments,
            agent=role.strip() if isinstance(role, str) else None,
            session=str(crew) if crew else None,
        )

    def _answer(
        self,
        tool: Any,
        name: str,
        arguments: Mapping[str, Any],
        agent: str | None = None,
        session: str | None = None,
    ) -> str | None:
        """Why the call must not run; ``None`` when it is to run."""
        made = getattr(tool, "_original_tool", None) or tool
        made = made._tool if isinstance(made, _Guarded) else made
        server, remote = getattr(made, "server_name", ""), getattr(made, "original_tool_name", "")
        call = uuid4().hex  # CrewAI gives a call no id, and the question is answered right here.

        def rule() -> Ruling:
            return self._gate.rule(
                remote if server and remote else name,
                arguments,
                call_id=call,
                agent=agent,
                session=session,
                server=server if server and remote else None,
            )

        ruling = rule()
        match ruling.outcome:
            case Outcome.RUN:
                return None
            case Outcome.REFUSE:
                return ruling.message
            case Outcome.ASK:
                if self._ask is None or not ruling.show():
                    return ruling.message
                if self._ask(ruling) is not True:
                    ruling.withdraw()
                    return f"{ruling.message}\nThe human said no."
                ruling = rule()  # What was asked about may have changed since.
                runs = ruling.outcome is Outcome.RUN
                if runs or (ruling.outcome is Outcome.ASK and ruling.redeem()):
                    return None
                return ruling.message
            case never:
                unreachable(never)

    def _tell(self, context: Any) -> str | None:
        arguments, reason = _refused.get() or (None, None)
        return reason if arguments is context.tool_input else None

    def _look_at_model(self, context: Any) -> None:
        self._look([context.agent], context.llm)

    def _look_at_crew(self, context: Any) -> None:
        crew = getattr(context, "crew", None)
        tasks = [getattr(task, "agent", None) for task in getattr(crew, "tasks", ())]
        self._look([*getattr(crew, "agents", ()), *tasks, getattr(crew, "manager_agent", None)])

    def _look(self, agents: list[Any], *models: Any) -> None:
        if self._active and (reason := _closed(lambda: self._unseen(agents, models))) is not None:
            raise Refused(f"{reason}. See allow_hosted of checkrein.crewai", source="checkrein")

    def _unseen(self, agents: list[Any], models: tuple[Any, ...]) -> str | None:
        """What these agents have that no hook sees."""
        self._arrange()
        if self._allow_hosted:
            return None
        for agent in agents:
            if isinstance(agent, BaseAgentAdapter):
                return f"checkrein cannot see the tools of the adapted agent `{agent.role}`"
            if getattr(agent, "a2a", None):
                return f"checkrein cannot see what the remote agents of `{agent.role}` do"
        for model in [*models, *(getattr(agent, "llm", None) for agent in agents)]:
            if builtin := getattr(model, "builtin_tools", None):
                return f"checkrein cannot see {builtin}, which run at the provider"
        return None


class _Reason(str):
    """A result that is none."""


class _Guarded(BaseTool):
    """A tool with a guard inside."""

    _tool: Any = PrivateAttr()
    _rule: Any = PrivateAttr()

    def _run(self, *args: Any, **kwargs: Any) -> Any:
        reason = _closed(lambda: self._reason(args, kwargs))
        return self._tool._run(*args, **kwargs) if reason is None else _Reason(reason)

    async def _arun(self, *args: Any, **kwargs: Any) -> Any:
        reason = _closed(lambda: self._reason(args, kwargs))
        return await self._tool._arun(*args, **kwargs) if reason is None else _Reason(reason)

    def _reason(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
        names = list(self.args_schema.model_fields)[: len(args)]
        arguments = {**dict(zip(names, args, strict=True)), **kwargs}
        reason: str | None = self._rule(sanitize_tool_name(self.name), arguments)
        return reason


def _is_ours(hook: object) -> bool:
    return isinstance(getattr(hook, "__self__", None), Installed)


def _closed(check: Callable[[], str | None]) -> str | None:
    """What the check says; a reason, too, when it fails: CrewAI goes on when a hook does."""
    try:
        return check()
    except (KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError):
        raise  # CrewAI stops at these.
    except BaseException as error:
        return f"checkrein: the guard failed ({type(error).__name__}), so this is refused"
