"""A guard before every tool of Claude Code, run by the Claude Agent SDK.

    >>> from checkrein.claude_agent_sdk import guard_options
    >>> options = ClaudeAgentOptions(cwd="/repo", permission_mode="bypassPermissions")
    >>> options = guard_options(options, ask=lambda ruling: confirm(ruling.message))
    >>> async for message in query(prompt="Tidy up staging", options=options): ...

Claude Code asks for each call, also of sub-agents and of MCP tools, right before it runs; a guard
that fails or is late stops the call. The guard only ever takes away: a call that may run still
needs Claude Code's own permission. In-process tools (``create_sdk_mcp_server``) are decided by
their own name like the functions of any framework, other MCP tools as their server's.

What needs approval waits until ``ask`` answers; without ``ask`` it is refused. Claude Code's own
"ask" is not used: any ``PermissionRequest`` hook, also one from a settings file of the repository,
may answer it before the human does.

Settings files cannot change during the session, and shell commands in skills and slash commands
are not run (``disableSkillShellExecution``), because no hook sees them.

Not seen by it, so each needs care:

- Hooks in settings files, plugins, skills and agents: they run what they like, and can change a
  call after it was decided. For a repository you do not trust: ``setting_sources=[]``.
- Files named with ``@`` in a prompt; ``verbatim_prompts=True`` turns that off.
- Tools that run at Anthropic (``ServerToolUseBlock``).
- Options changed after ``guard_options``, and a session that a custom transport runs elsewhere.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
import json
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, cast

from ._errors import ConfigurationError, missing
from ._gate import Gate, Outcome, Ruling, unreachable
from ._guard import Guard

try:
    import anyio.to_thread
    from claude_agent_sdk import (
        CanUseTool,
        ClaudeAgentOptions,
        HookCallback,
        HookMatcher,
        PermissionResult,
        PermissionResultAllow,
        PermissionResultDeny,
        ToolPermissionContext,
    )
except ImportError as error:
    raise missing("claude_agent_sdk", "claude-agent-sdk", error) from error

Ask = Callable[[Ruling], "bool | Awaitable[bool]"]

# Turns every hook off, callbacks included, also from a user's settings in mid-session.
_BARE = "CLAUDE_CODE_SIMPLE"
_NO = {"", "0", "false", "no", "off"}
_ELSEWHERE = "the session would run where no hook of this process is"
_REFUSED_FLAGS = {
    "bare": "it turns hooks off",
    "settings": "it takes the place of the guard's settings; use the option `settings`",
    "managed-settings": "it goes before the guard's settings",
    "permission-prompt-tool": "it can change a call that was decided; use `can_use_tool`",
    **dict.fromkeys(("bg", "background", "cloud", "remote", "sdk-url", "teleport"), _ELSEWHERE),
}
_LOCKED = "checkrein: settings cannot change during a guarded session; start a new one"
_CALLS_KEPT = 4096


def guard_options(
    options: ClaudeAgentOptions,
    guard: Guard | None = None,
    *,
    agent: str | None = None,
    session: str | None = None,
    on_behalf_of: str | None = None,
    workspace: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
    ask: Ask | None = None,
    timeout: float = 3600.0,
) -> ClaudeAgentOptions:
    """The options with a guard before every tool. Make it the last change to them.

    Hooks and ``can_use_tool`` that the options have stay; a call they change is decided as changed.

    Args:
        options: For ``query`` or ``ClaudeSDKClient``.
        guard: The guard; ``Guard(workspace=options.cwd)`` when absent.
        agent: Id of the agent, ``claude-code`` when absent. Sub-agents share it: what they are
            called is up to the model and to files it may write.
        session: Session; Claude Code's own id when absent.
        on_behalf_of: The human the agent acts for.
        workspace: As in :meth:`Guard.authorize`; when absent, the options' ``cwd``, and the
            directory the agent has moved to in it.
        env: As in :meth:`Guard.authorize`; when absent, this process's with the options' ``env``.
        ask: Asks a human: gets the ruling and answers ``True`` for yes, all else is no. May be a
            coroutine function; another function runs in a thread.
        timeout: Seconds until a call without an answer is stopped, the human's time included.

    Raises:
        ConfigurationError: The configuration cannot be used, or something in the options, or in
            the environment, would switch the guard off or go around it.
    """
    settings = _settings(options)
    gate = Gate(
        Guard(workspace=options.cwd) if guard is None else guard,
        agent=agent or "claude-code",
        session=session,
        on_behalf_of=on_behalf_of,
        workspace=workspace,
        env=env,
    )
    guarded = _Session(gate, options, ask)
    hooks: dict[str, list[HookMatcher]] = {}
    for event, matchers in (options.hooks or {}).items():
        hooks[event] = [guarded.watched(event, matcher) for matcher in matchers]
    for event, hook in (("PreToolUse", guarded.decide), ("ConfigChange", _keep)):
        ours = HookMatcher(hooks=[cast(HookCallback, hook)], timeout=timeout, on_failure="block")
        hooks[event] = [ours, *hooks.get(event, [])]
    permit = options.can_use_tool and guarded.permitting(options.can_use_tool)
    # The SDK's type of events does not know ConfigChange, Claude Code does.
    return dataclasses.replace(
        options, hooks=cast(Any, hooks), settings=settings, can_use_tool=permit
    )


class _Session:
    """The guard in the sessions that are started with one set of options."""

    def __init__(self, gate: Gate, options: ClaudeAgentOptions, ask: Ask | None) -> None:
        self._gate = gate
        self._ask = ask
        # Claude Code reports real paths.
        self._root = Path(os.path.realpath(options.cwd or os.getcwd()))
        self._env = options.env
        servers = options.mcp_servers if isinstance(options.mcp_servers, dict) else {}
        self._in_process = {n for n, server in servers.items() if server.get("type") == "sdk"}
        # What may run, by the id of the call: as the model made it, and as hooks changed it.
        self._passed: dict[str, list[Mapping[str, Any]]] = {}

    async def decide(
        self, event: Mapping[str, Any], tool_use_id: str | None, context: object
    ) -> dict[str, Any]:
        """The hook."""
        reason = await self.refusal(event)
        return {} if reason is None else _denial("PreToolUse", reason)

    async def refusal(self, event: Mapping[str, Any]) -> str | None:
        """Why the call must not run; ``None`` when it may. Asks the human when that is needed."""
        try:
            reason = await self._refusal(event)
            if reason is None:
                self._passed.setdefault(event["tool_use_id"], []).append(event)
                while len(self._passed) > _CALLS_KEPT:
                    self._passed.pop(next(iter(self._passed)))
            return reason
        except Exception as error:
            return f"checkrein failed ({type(error).__name__}); the call is not allowed"

    async def _refusal(self, event: Mapping[str, Any]) -> str | None:
        ruling = self._rule(event)
        match ruling.outcome:
            case Outcome.RUN:
                return None
            case Outcome.REFUSE:
                return ruling.message
            case Outcome.ASK:
                if self._ask is None or not ruling.show():
                    return ruling.message
                if not await _says_yes(self._ask, ruling):
                    return f"{ruling.message}\nThe human said no."
                again = self._rule(event)
                may_run = again.outcome is Outcome.RUN
                may_run = may_run or (again.outcome is Outcome.ASK and again.redeem())
                return None if may_run else again.message
            case never:
                unreachable(never)

    def watched(self, event_name: str, matcher: HookMatcher) -> HookMatcher:
        """The matcher; calls that its hooks change are decided as changed."""
        if event_name not in ("PreToolUse", "PermissionRequest"):
            return matcher
        own = copy.copy(matcher)
        own.hooks = [self._watched(event_name, hook) for hook in matcher.hooks]
        return own

    def _watched(self, event_name: str, hook: HookCallback) -> HookCallback:
        async def watched(event: Any, tool_use_id: str | None, context: Any) -> Any:
            arguments = copy.deepcopy(event["tool_input"])
            output = await hook(event, tool_use_id, context)
            changed = _changed(output)
            if changed is None or changed == arguments:
                return output
            call = {"tool_use_id": tool_use_id, **event, "tool_input": changed}
            reason = await self.refusal(call)
            return output if reason is None else _denial(event_name, reason)

        return watched

    def permitting(self, callback: CanUseTool) -> CanUseTool:
        """The callback; a call that it changes is decided as changed."""

        async def permit(
            tool: str, arguments: dict[str, Any], context: ToolPermissionContext
        ) -> PermissionResult:
            result = await callback(tool, arguments, context)
            if not isinstance(result, PermissionResultAllow):
                return result
            runs = arguments if result.updated_input is None else result.updated_input
            call_id = context.tool_use_id or ""
            unseen = {"tool_name": tool, "tool_use_id": call_id, "tool_input": None}
            passed = self._passed.get(call_id) or [unseen]
            if any(runs == event["tool_input"] for event in passed):
                return result
            reason = await self.refusal({**passed[0], "tool_input": runs})
            return result if reason is None else PermissionResultDeny(message=reason)

        return permit

    def _rule(self, event: Mapping[str, Any]) -> Ruling:
        gate = Gate(
            self._gate.guard,
            agent=self._gate.agent,
            session=self._gate.session,
            on_behalf_of=self._gate.on_behalf_of,
            workspace=self._place(event.get("cwd")),
            env={**os.environ, **self._env} if self._gate.env is None else self._gate.env,
        )
        tool, server = self._named(event)
        return gate.rule(
            tool,
            event["tool_input"],
            call_id=event["tool_use_id"],
            session=event.get("session_id"),
            server=server,
        )

    def _place(self, cwd: str | None) -> str | os.PathLike[str] | Mapping[str, Any]:
        if self._gate.workspace is not None:
            return self._gate.workspace
        directory = Path(cwd or self._root)
        if directory.is_relative_to(self._root):
            return directory
        # The agent moves it, and could make anything its workspace.
        return {"root": self._root.as_posix(), "cwd": directory.as_posix()}

    def _named(self, event: Mapping[str, Any]) -> tuple[str, str | None]:
        """Name of the tool and of the MCP server."""
        tool: str = event["tool_name"]
        if event.get("mcp_server") is None:
            return tool, None
        server: str = event["mcp_server"]["name"]
        prefix = f"mcp__{re.sub('[^a-zA-Z0-9_-]', '_', server)}__"
        own = server in self._in_process and event["mcp_server"].get("source") == "sdk"
        return (tool[len(prefix) :], None) if own and tool.startswith(prefix) else (tool, server)


async def _says_yes(ask: Ask, ruling: Ruling) -> bool:
    try:
        if inspect.iscoroutinefunction(ask):
            answer = await ask(ruling)
        else:
            # A human is slow; other calls and the stream go on meanwhile.
            answer = await anyio.to_thread.run_sync(ask, ruling, abandon_on_cancel=True)
            if inspect.isawaitable(answer):
                answer = await answer
    except BaseException:
        ruling.withdraw()
        raise
    if answer is not True:
        ruling.withdraw()
    return answer is True


def _changed(output: Any) -> Any:
    """The arguments that a hook puts in the place of the call's; none when it changes nothing."""
    specific = output.get("hookSpecificOutput") if isinstance(output, Mapping) else None
    if not isinstance(specific, Mapping):
        return None
    decision = specific.get("decision")
    inner = decision.get("updatedInput") if isinstance(decision, Mapping) else None
    return specific.get("updatedInput") if inner is None else inner


def _denial(event_name: str, reason: str) -> dict[str, Any]:
    answer: dict[str, Any] = {"hookEventName": event_name}
    if event_name == "PermissionRequest":
        answer["decision"] = {"behavior": "deny", "message": reason}
    else:
        answer |= {"permissionDecision": "deny", "permissionDecisionReason": reason}
    return {"hookSpecificOutput": answer}


async def _keep(event: object, tool_use_id: str | None, context: object) -> dict[str, Any]:
    return {"decision": "block", "reason": _LOCKED}


def _settings(options: ClaudeAgentOptions) -> str:
    """The options' settings, with those that keep the guard on."""
    for flag in options.extra_args:
        if why := _REFUSED_FLAGS.get(flag.partition("=")[0]):
            raise ConfigurationError(f"extra_args has `{flag}`: {why}")
    if options.permission_prompt_tool_name:
        why = _REFUSED_FLAGS["permission-prompt-tool"]
        raise ConfigurationError(f"permission_prompt_tool_name is set: {why}")
    text = (options.settings or "{}").strip()
    try:
        if not text.startswith("{"):
            text = Path(options.cwd or "", text).read_text("utf-8-sig")
        settings: dict[str, Any] = json.loads(text)
        own_env = dict(settings.get("env") or {})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"the option `settings` cannot be read: {error}") from None
    if settings.get("disableAllHooks"):
        raise ConfigurationError("the option `settings` has disableAllHooks: it turns hooks off")
    for variables in ({**os.environ, **options.env}, own_env):
        if str(variables.get(_BARE, "")).lower() not in _NO:
            raise ConfigurationError(f"the variable {_BARE} is set: it turns hooks off")
    settings["env"] = {**own_env, _BARE: "0"}
    settings.setdefault("disableSkillShellExecution", True)
    return json.dumps(settings)
