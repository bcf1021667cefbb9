"""OpenAI Agents SDK: a guard before every tool that an agent and the agents it reaches call.

    >>> from checkrein.openai_agents import guard_agent, questions
    >>> agent = guard_agent(Agent("builder", tools=[shell], handoffs=[deployer]))
    >>> result = await Runner.run(agent, "Tidy up.")
    >>> state = result.to_state()
    >>> for interruption in result.interruptions:
    ...     state.approve(interruption) if yes(questions(interruption)) else state.reject(interruption)
    >>> result = await Runner.run(agent, state)

What needs approval pauses the run with the SDK's own interruption. A yes counts once, for exactly
the call that was shown, in the process that showed it: ``always_approve`` approves nothing more,
and a saved state is loaded with the guarded agent, ``RunState.from_string(agent, text)``.

What the guard cannot see: hosted tools and stored prompts, which act at the provider, and a
``ComputerTool``, whose clicks have no meaning it could read. They are refused, see
``allow_hosted``. Nor does it see what the code of a tool or handoff does by itself, such as running
another agent. A ``LocalShellTool`` cannot pause, so what needs approval there is refused.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import json
import os
from collections.abc import Callable, Mapping
from types import CellType, FunctionType
from typing import Any, ClassVar, TypeVar, cast
from weakref import WeakValueDictionary, ref

from ._errors import ConfigurationError, missing
from ._gate import Gate, Outcome, Ruling, unreachable
from ._guard import Guard

try:
    from agents import (
        Agent,
        ApplyPatchTool,
        CustomTool,
        FunctionTool,
        Handoff,
        LocalShellTool,
        RunContextWrapper,
        ShellTool,
        Tool,
        ToolApprovalItem,
        ToolGuardrailFunctionOutput,
        ToolInputGuardrail,
        ToolInputGuardrailData,
        ToolSearchTool,
    )
    from agents.agent_tool_state import (
        drop_agent_tool_run_result,
        get_agent_tool_state_scope,
        peek_agent_tool_run_result,
    )
    from agents.editor import ApplyPatchOperation, ApplyPatchResult
    from agents.tool import (
        LocalShellCommandRequest,
        ShellActionRequest,
        ShellCallOutcome,
        ShellCommandOutput,
        ShellCommandRequest,
        ShellResult,
        invoke_function_tool,
    )
    from agents.tool_context import ToolContext
    from agents.util._approvals import evaluate_function_tool_approval
except ImportError as error:
    raise missing("openai_agents", "openai-agents", error) from error

__all__ = ["guard_agent", "guard_tool", "questions"]

_T = TypeVar("_T", bound=Tool)


def guard_agent(
    target: Agent[Any],
    /,
    guard: Guard | None = None,
    *,
    agent: str | None = None,
    session: str | None = None,
    on_behalf_of: str | None = None,
    workspace: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
    allow_hosted: bool = False,
) -> Agent[Any]:
    """A copy of an agent whose every tool call is decided, whichever agent of its tree makes it.

    Guarded are its tools, those of its MCP servers, the agents it uses as tools or hands over to,
    and what is added to any of these later, also in a ``clone()``. The agent given stays as it is.

    Args:
        target: The agent.
        guard: The guard; ``Guard()`` when absent.
        agent: Id for all agents of the tree; each one's own name when absent.
        session: Session; the SDK does not tell a tool call which one it belongs to.
        on_behalf_of: The human the agents act for.
        workspace: As in :meth:`checkrein.Guard.authorize`.
        env: As in :meth:`checkrein.Guard.authorize`.
        allow_hosted: Let tools and stored prompts pass that act where the guard cannot see them.

    Raises:
        ConfigurationError: The agent is guarded already, or one of the tree has a tool that cannot
            be guarded. For what is added later, the run raises it.
    """
    gate = Gate(
        guard,
        agent=agent,
        session=session,
        on_behalf_of=on_behalf_of,
        workspace=workspace,
        env=env,
    )
    if isinstance(target, _Guarded):
        raise ConfigurationError(f"checkrein: agent `{target.name}` is guarded already")
    return _Desk(gate, allow_hosted).agent(target)


def guard_tool(
    tool: _T,
    guard: Guard | None = None,
    *,
    agent: str | None = None,
    session: str | None = None,
    on_behalf_of: str | None = None,
    workspace: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
) -> _T:
    """A copy of one tool whose calls are decided, for an agent that is not guarded as a whole.

    Takes the arguments of :func:`guard_agent`; without ``agent`` the id is ``agent``.

    Raises:
        ConfigurationError: The tool cannot be guarded, or is already.
    """
    gate = Gate(
        guard,
        agent=agent,
        session=session,
        on_behalf_of=on_behalf_of,
        workspace=workspace,
        env=env,
    )
    if _seat(tool) is not None:
        raise ConfigurationError(f"checkrein: tool `{tool.name}` is guarded already")
    return cast(_T, _Desk(gate, False).tool(tool, None))


def questions(interruption: ToolApprovalItem) -> list[dict[str, Any]]:
    """What the guard asks the human about an interruption, as plain JSON values.

    Mostly one; several when a call holds several commands. Empty when the guard has not asked: the
    interruption comes from the tool's own ``needs_approval``, or from another process.
    """
    desks = [seat.desk for tool in interruption.agent.tools if (seat := _seat(tool))]
    if isinstance(interruption.agent, _Guarded):
        desks.append(interruption.agent._checkrein)
    for desk in desks:
        rulings = desk.asked.get((interruption.tool_name or "", interruption.call_id or ""))
        if rulings:
            return [ruling.question() for ruling in rulings]
    return []


class _Desk:
    """What all guards of one tree of agents share."""

    def __init__(self, gate: Gate, allow_hosted: bool) -> None:
        self.gate = gate
        self.allow_hosted = allow_hosted
        # Calls that wait for a human, by name of the tool and id of the call. Empty: two different
        # calls have the same id, and no human must be shown the question about the other one.
        self.asked: dict[tuple[str, str], list[Ruling]] = {}
        self._agents: WeakValueDictionary[int, Agent[Any]] = WeakValueDictionary()
        self._kinds: dict[type, type] = {}

    def agent(self, agent: Agent[Any]) -> Agent[Any]:
        """The guarded copy, always the same one: the SDK compares agents, and they form cycles."""
        if isinstance(agent, _Guarded):
            return agent
        if not isinstance(agent, Agent):
            raise ConfigurationError(f"checkrein guards an Agent, not `{type(agent).__name__}`")
        if (known := self._agents.get(id(agent))) is not None:
            return known
        kind = type(agent)
        if kind not in self._kinds:
            body = {"_checkrein": self, "__module__": kind.__module__}
            self._kinds[kind] = type(f"Guarded{kind.__name__}", (_Guarded, kind), body)
        guarded = copy.copy(agent)
        guarded.__class__ = self._kinds[kind]
        vars(guarded).update(tools=list(agent.tools), handoffs=list(agent.handoffs))
        # Keeps the agent, so that its number stays its own as long as the copy is known by it.
        vars(guarded)["_checkrein_original"] = agent
        self._agents[id(agent)] = guarded
        self.check(guarded)
        _ = guarded.tools, guarded.handoffs  # raises when one cannot be guarded
        return guarded

    def check(self, agent: Agent[Any]) -> None:
        if agent.prompt is not None and not self.allow_hosted:
            raise ConfigurationError(
                f"checkrein cannot see the tools that the stored prompt of agent `{agent.name}` "
                "brings along. Take the prompt away, or accept it with allow_hosted=True"
            )

    def handoff(self, handoff: Any) -> Any:
        if isinstance(handoff, Agent):
            return self.agent(handoff)
        if isinstance(handoff, Handoff) and not isinstance(handoff.on_invoke_handoff, _Transfer):
            transfer = _Transfer(self, handoff)
            handoff = copy.copy(handoff)
            handoff.on_invoke_handoff = transfer
            handoff._agent_ref = ref(transfer.target) if transfer.target is not None else None
        return handoff

    def tool(self, tool: Any, agent: str | None) -> Any:
        if (seat := _seat(tool)) is not None:
            if seat.desk is not self or seat.agent == agent:
                return tool
            tool = seat.source  # the tool of a clone that has another name
        match tool:
            case FunctionTool():
                return _Function(self, agent, tool).guarded()
            case CustomTool():
                return _Custom(self, agent, tool).guarded()
            case ShellTool() if tool.executor is not None:
                return _Shell(self, agent, tool).guarded()
            case LocalShellTool():
                return _LocalShell(self, agent, tool).guarded()
            case ApplyPatchTool():
                return _Editor(self, agent, tool).guarded()
            case ToolSearchTool():
                return tool  # finds tools, which are guarded themselves
            case _ if self.allow_hosted:
                return tool
        raise ConfigurationError(
            f"checkrein cannot see what `{type(tool).__name__}` does"
            f"{f' for agent `{agent}`' if agent else ''}: it acts at the provider, or in a way that "
            "cannot be read. Take the tool away, or accept it with allow_hosted=True"
        )

    def remember(self, key: tuple[str, str], rulings: list[Ruling]) -> None:
        known = self.asked.pop(key, rulings)
        same = [ruling.fingerprint for ruling in known] == [r.fingerprint for r in rulings]
        self.asked[key] = rulings if same else []
        if len(self.asked) > 1000:
            self.asked.pop(next(iter(self.asked)), None)

    def forget_refused(self, context: RunContextWrapper[Any]) -> None:
        """The SDK tells nobody of a human's no, but it can be asked."""
        for (tool, call_id), rulings in list(self.asked.items()):
            # No to all calls of the tool, which any id shows, says nothing about other runs.
            everything = context.is_tool_approved(tool, f"not {call_id}")
            if context.is_tool_approved(tool, call_id) is False and everything is not False:
                self.asked.pop((tool, call_id), None)
                for ruling in rulings:
                    ruling.withdraw()


class _Guarded(Agent[Any]):
    """An agent that guards whatever it holds at the moment somebody looks.

    That makes properties of two fields, so what is added later is guarded too.
    """

    _checkrein: ClassVar[_Desk]

    @property
    def tools(self) -> list[Tool]:
        tools: list[Tool] = vars(self)["tools"]
        tools[:] = [self._checkrein.tool(tool, self.name) for tool in tools]
        return tools

    @tools.setter
    def tools(self, tools: list[Tool]) -> None:
        vars(self)["tools"] = list(tools)

    @property
    def handoffs(self) -> list[Agent[Any] | Handoff[Any, Any]]:
        handoffs: list[Agent[Any] | Handoff[Any, Any]] = vars(self)["handoffs"]
        handoffs[:] = [self._checkrein.handoff(handoff) for handoff in handoffs]
        return handoffs

    @handoffs.setter
    def handoffs(self, handoffs: list[Agent[Any] | Handoff[Any, Any]]) -> None:
        vars(self)["handoffs"] = list(handoffs)

    async def get_all_tools(self, run_context: RunContextWrapper[Any]) -> list[Tool]:
        self._checkrein.check(self)
        self._checkrein.forget_refused(run_context)
        tools = await super().get_all_tools(run_context)
        return [self._checkrein.tool(tool, self.name) for tool in tools]


class _Transfer:
    """Hands over to the guarded copy of whatever agent a handoff answers with."""

    def __init__(self, desk: _Desk, source: Handoff[Any, Any]) -> None:
        self.desk = desk
        self.source = source
        agent = source._agent_ref() if source._agent_ref is not None else None
        self.target = desk.agent(agent) if isinstance(agent, Agent) else None

    async def __call__(self, context: RunContextWrapper[Any], arguments: str) -> Agent[Any]:
        return self.desk.agent(await self.source.on_invoke_handoff(context, arguments))


class _Seat:
    """A guard before one tool of one agent. It sits where the tool keeps its own code."""

    place: ClassVar[str]

    def __init__(self, desk: _Desk, agent: str | None, source: Any) -> None:
        self.desk = desk
        self.agent = agent
        self.source = source

    def guarded(self) -> Any:
        tool = copy.copy(self.source)
        setattr(tool, self.place, self)
        if hasattr(tool, "needs_approval"):
            tool.needs_approval = self.needs_approval
        return tool

    def calls(self, subject: Any) -> list[Any]:
        """The arguments to decide on."""
        raise NotImplementedError

    def setting(self) -> Any:
        """What the tool itself says about asking a human."""
        return self.source.needs_approval

    async def own(self, context: RunContextWrapper[Any], subject: Any, call_id: str) -> bool:
        setting = self.setting()
        answer = setting(context, subject, call_id) if callable(setting) else setting
        return bool(await _awaited(answer))

    def rule(self, subject: Any, call_id: str) -> list[Ruling]:
        tool, server, annotations = self.source.name, None, None
        if isinstance(self.source, FunctionTool):
            tool = self.source.qualified_name
            if self.source._mcp_tool_binding is not None:
                server, tool, _ = self.source._mcp_tool_binding
            if (hints := self.source.mcp_annotations) is not None:
                annotations = hints.model_dump(mode="json", by_alias=True, exclude_none=True)
        return [
            self.desk.gate.rule(
                tool,
                arguments,
                call_id=call_id,
                agent=self.agent,
                server=server,
                annotations=annotations,
            )
            for arguments in self.calls(subject)
        ]

    async def needs_approval(
        self, context: RunContextWrapper[Any], subject: Any, call_id: str
    ) -> bool:
        rulings = self.rule(subject, call_id)
        if any(ruling.outcome is Outcome.REFUSE for ruling in rulings):
            return False  # refused when it is to run; no human is bothered
        shown = [ruling for ruling in rulings if ruling.outcome is Outcome.ASK]
        if not shown:
            return await self.own(context, subject, call_id)
        if not all([ruling.show() for ruling in shown]):
            return False
        self.desk.remember((self.source.name, call_id), shown)
        return True

    def refusal(self, rulings: list[Ruling], call_id: str) -> str | None:
        """Why a call must not run now, ``None`` when it may. Uses up the human's yes."""
        self.desk.asked.pop((self.source.name, call_id), None)
        for ruling in rulings:
            match ruling.outcome:
                case Outcome.RUN:
                    pass
                case Outcome.REFUSE:
                    return ruling.message
                case Outcome.ASK:
                    if not ruling.redeem():
                        return ruling.message
                case never:
                    unreachable(never)
        return None


# Calls of agents used as tools that were approved and now wait for a human's answer inside.
_entered: set[tuple[str, str]] = set()


class _Function(_Seat):
    place = "on_invoke_tool"

    def __init__(self, desk: _Desk, agent: str | None, source: FunctionTool) -> None:
        super().__init__(desk, agent, source)
        # What runs. The guarded copy keeps the time limit, which would count twice here.
        self.bare = copy.copy(source)
        self.bare.timeout_seconds = None
        if source._is_agent_tool or source._agent_instance is not None:
            _put_guarded_agent(self.bare, desk)

    def guarded(self) -> FunctionTool:
        tool: FunctionTool = super().guarded()
        tool._agent_instance = self.bare._agent_instance
        screen = ToolInputGuardrail[Any](self.screen, "checkrein")
        tool.tool_input_guardrails = [*(tool.tool_input_guardrails or ()), screen]
        return tool

    def calls(self, subject: Any) -> list[Any]:
        if isinstance(subject, str):
            # What is not JSON are no arguments at all, and the gate refuses it.
            with contextlib.suppress(ValueError):
                subject = json.loads(subject) if subject else {}
        return [subject]

    async def own(self, context: RunContextWrapper[Any], subject: Any, call_id: str) -> bool:
        # The SDK's own reading: what it cannot look into, it asks about.
        arguments = json.dumps(subject)
        found = await evaluate_function_tool_approval(self.source, context, arguments, call_id)
        return found.outcome != "invoke"

    def screen(self, data: ToolInputGuardrailData) -> ToolGuardrailFunctionOutput:
        """Refuses in the SDK's own way, before its hooks hear of the call."""
        for ruling in self.rule(data.context.tool_arguments, data.context.tool_call_id):
            if ruling.outcome is Outcome.REFUSE:
                info = ruling.decision.to_dict()
                return ToolGuardrailFunctionOutput.reject_content(ruling.message, info)
        return ToolGuardrailFunctionOutput.allow()

    async def __call__(self, context: ToolContext[Any], arguments: str) -> Any:
        call_id = context.tool_call_id
        [ruling] = rulings = self.rule(arguments, call_id)
        entry = (ruling.fingerprint, call_id)
        entered = ruling.outcome is Outcome.ASK and entry in _entered and _paused(context)
        if not entered and (refusal := self.refusal(rulings, call_id)) is not None:
            if context.tool_call is not None:
                # Otherwise the SDK asks on behalf of what still waits inside.
                scope = get_agent_tool_state_scope(context)
                drop_agent_tool_run_result(context.tool_call, scope_id=scope)
            return refusal
        _entered.add(entry)
        try:
            return await invoke_function_tool(
                function_tool=self.bare, context=context, arguments=arguments
            )
        finally:
            if not _paused(context):
                _entered.discard(entry)


class _Custom(_Seat):
    place = "on_invoke_tool"

    def guarded(self) -> CustomTool:
        tool: CustomTool = super().guarded()
        vars(tool)["runtime_needs_approval"] = lambda: self.needs_approval
        return tool

    def calls(self, subject: str) -> list[Any]:
        return [{"input": subject}]

    def setting(self) -> Any:
        return self.source.runtime_needs_approval()

    async def __call__(self, context: ToolContext[Any], text: str) -> Any:
        refusal = self.refusal(self.rule(text, context.tool_call_id), context.tool_call_id)
        if refusal is not None:
            return refusal
        return await _awaited(self.source.on_invoke_tool(context, text))


class _Shell(_Seat):
    place = "executor"

    def calls(self, subject: ShellActionRequest) -> list[Any]:
        # Some executors run all commands in one shell, others each in its own. A quote or a `cd`
        # means different things in the two, so both readings have to be allowed.
        scripts = dict.fromkeys(["\n".join(subject.commands), *subject.commands])
        return [{"command": script} for script in scripts]

    async def __call__(self, request: ShellCommandRequest) -> Any:
        call_id = request.data.call_id
        refusal = self.refusal(self.rule(request.data.action, call_id), call_id)
        if refusal is None:
            return await _awaited(self.source.executor(request))
        failed = ShellCallOutcome(type="exit", exit_code=1)
        return ShellResult([ShellCommandOutput(stderr=refusal, outcome=failed)])


class _LocalShell(_Seat):
    place = "executor"

    def calls(self, subject: Any) -> list[Any]:
        return [subject.model_dump(exclude={"type"}, exclude_none=True)]

    async def __call__(self, request: LocalShellCommandRequest) -> Any:
        call_id = request.data.call_id
        refusal = self.refusal(self.rule(request.data.action, call_id), call_id)
        return refusal if refusal is not None else await _awaited(self.source.executor(request))


class _Editor(_Seat):
    place = "editor"

    def rule(self, subject: Any, call_id: str) -> list[Ruling]:
        # The SDK does not tell an editor which call an operation belongs to.
        return super().rule(subject, "")

    def calls(self, subject: ApplyPatchOperation) -> list[Any]:
        paths = [subject.path, *([subject.move_to] if subject.move_to else [])]
        kind = {"create_file": "Add", "update_file": "Update", "delete_file": "Delete"}
        plain = all(path == path.strip() and path.isprintable() for path in paths)
        if not plain or (subject.move_to and subject.type != "update_file"):
            # As a patch it would be read as something else; like this it is not read at all.
            names = ("type", "path", "diff", "move_to")
            return [{name: getattr(subject, name) for name in names}]
        lines = ["*** Begin Patch", f"*** {kind[subject.type]} File: {subject.path}"]
        lines += [f"*** Move to: {subject.move_to}"] if subject.move_to else []
        return [{"input": "\n".join([*lines, subject.diff or "", "*** End Patch"])}]

    def create_file(self, operation: ApplyPatchOperation) -> Any:
        return self.edit(operation, self.source.editor.create_file)

    def update_file(self, operation: ApplyPatchOperation) -> Any:
        return self.edit(operation, self.source.editor.update_file)

    def delete_file(self, operation: ApplyPatchOperation) -> Any:
        return self.edit(operation, self.source.editor.delete_file)

    def edit(self, operation: ApplyPatchOperation, run: Callable[..., Any]) -> Any:
        refusal = self.refusal(self.rule(operation, ""), "")
        return run(operation) if refusal is None else ApplyPatchResult("failed", refusal)


def _seat(tool: Any) -> _Seat | None:
    """The guard of a tool that has one."""
    match tool:
        case ApplyPatchTool():
            code: Any = tool.editor
        case ShellTool() | LocalShellTool():
            code = tool.executor
        case _:
            code = getattr(tool, "on_invoke_tool", None)
    return code if isinstance(code, _Seat) else None


def _put_guarded_agent(tool: FunctionTool, desk: _Desk) -> None:
    """Makes an agent used as a tool run its guarded copy, which only its closure tells it."""
    agent = tool._agent_instance
    if isinstance(agent, _Guarded):
        return
    invoker: Any = copy.copy(tool.on_invoke_tool)
    code = getattr(invoker, "_invoke_tool_impl", None)
    cells = inspect.getclosurevars(code).nonlocals if isinstance(code, FunctionType) else {}
    known = isinstance(agent, Agent) and cells.get("self") is agent
    if not isinstance(code, FunctionType) or not known:
        raise ConfigurationError(
            f"checkrein cannot reach the agent behind tool `{tool.name}`. Make the tool from its "
            "guarded copy: guard_agent(agent, ...).as_tool(...)"
        )
    closure = tuple(
        CellType(desk.agent(agent)) if name == "self" else cell
        for name, cell in zip(code.__code__.co_freevars, code.__closure__ or (), strict=True)
    )
    twin = FunctionType(code.__code__, code.__globals__, code.__name__, code.__defaults__, closure)
    twin.__kwdefaults__ = code.__kwdefaults__
    invoker._invoke_tool_impl = twin
    tool.on_invoke_tool = invoker
    tool._agent_instance = desk.agent(agent)


def _paused(context: ToolContext[Any]) -> bool:
    """Whether the call is of an agent that waits for a human."""
    if context.tool_call is None:
        return False
    scope = get_agent_tool_state_scope(context)
    result = peek_agent_tool_run_result(context.tool_call, scope_id=scope)
    return bool(getattr(result, "interruptions", None))


async def _awaited(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value
