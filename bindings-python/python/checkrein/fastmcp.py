"""A guard before every tool of a FastMCP server or proxy.

    >>> from checkrein.fastmcp import GuardMiddleware
    >>> server = FastMCP("ops")
    >>> server.add_middleware(GuardMiddleware(agent="builder", own_tools=True))
    >>> proxy = create_proxy("https://upstream.example/mcp", name="upstream")
    >>> proxy.add_middleware(GuardMiddleware(agent="builder"))

Add it last: a middleware added after it may change a call that was decided already, or run it more
than once; one added before it may answer without the guard, as a response cache does.

What must not run is a tool error with the reason. MCP has no human of its own, so what needs
approval is refused too. With ``elicit=True`` the client is asked to ask its human: by elicitation
on connections up to 2025-11-25, by ``input_required`` since 2026-07-28. A yes counts once, for
exactly this call, in this process. It is the client that answers, and an agent may control its
client: use this where the client is trusted to ask a person. What cannot be asked about is
refused: calls that a tool makes. Since 2026-07-28 a tool that asks for input itself cannot be
approved this way.

Tools of mounted servers, and tools called through ``ctx.fastmcp.call_tool``, are decided as well,
with the name they have at the server that offers them: one guard, on the outermost server, is
enough. Reading a resource is decided as the tool ``read_resource``. Prompts are not decided, nor is
code that runs a tool object by itself or passes ``run_middleware=False``.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from ._errors import missing
from ._gate import Gate, Outcome, Ruling, unreachable
from ._guard import Guard

try:
    import mcp_types as mt
    from fastmcp import Context, FastMCP
    from fastmcp.exceptions import AuthorizationError, ToolError
    from fastmcp.resources.base import ResourceResult
    from fastmcp.server.dependencies import extract_version_spec, get_access_token
    from fastmcp.server.elicitation import AcceptedElicitation, parse_elicit_response_type
    from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
    from fastmcp.server.providers.addressing import parse_hashed_backend_name
    from fastmcp.server.providers.fastmcp_provider import FastMCPProviderTool
    from fastmcp.server.providers.proxy import ProxyTool
    from fastmcp.tools.base import InputRequiredToolResult, ToolResult
    from fastmcp.tools.tool_transform import TransformedTool
    from fastmcp.utilities.versions import VersionSpec
    from mcp_types.version import MODERN_PROTOCOL_VERSIONS
except ImportError as error:
    raise missing("fastmcp", "fastmcp", error) from error

_KEY = "checkrein-"
# Whether a guarded tool is running, so that a call is one that this tool makes.
_nested: ContextVar[bool] = ContextVar("checkrein_nested", default=False)


class GuardMiddleware(Middleware):
    """Decides every tool call of a server right before it is executed.

    Args:
        guard: The guard; ``Guard()`` when absent.
        agent: Id of the agent; the client's id when absent and the client is authenticated. The
            name a client gives itself is never used.
        session: Session; that of the connection when absent and it has one.
        on_behalf_of: The human the agent acts for.
        workspace: As in :meth:`Guard.authorize`.
        env: As in :meth:`Guard.authorize`.
        elicit: Have the client ask its human about what needs approval, instead of refusing it.
        own_tools: The tools of this server and of those mounted in it are your own: read them by
            name, as tools of a host, so that ``bash`` is a shell. Otherwise, and always for the
            tools of a proxy, a tool is one of the server with its name, and unknown unless both
            are known.

    Raises:
        ConfigurationError: The configuration cannot be used.
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
        elicit: bool = False,
        own_tools: bool = False,
    ) -> None:
        self._gate = Gate(
            guard,
            agent=agent,
            session=session,
            on_behalf_of=on_behalf_of,
            workspace=workspace,
            env=env,
        )
        self._elicit = elicit
        self._own_tools = own_tools

    async def on_call_tool(
        self,
        context: MiddlewareContext[mt.CallToolRequestParams],
        call_next: CallNext[mt.CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """Decides the call, and runs it when it may run."""
        try:
            question = await self._settle(context)
        except ToolError:
            raise
        except Exception as error:
            raise ToolError(_failed(error)) from None
        if question is not None:
            return question
        token = _nested.set(True)
        try:
            return await call_next(context)
        finally:
            _nested.reset(token)

    async def on_read_resource(
        self,
        context: MiddlewareContext[mt.ReadResourceRequestParams],
        call_next: CallNext[mt.ReadResourceRequestParams, ResourceResult],
    ) -> ResourceResult:
        """Decides whether a resource may be read, and reads it."""
        await self.check_resource_access(context)
        return await call_next(context)

    async def check_resource_access(
        self, context: MiddlewareContext[mt.ReadResourceRequestParams]
    ) -> None:
        """Decides whether a resource may be read; nobody can be asked about it."""
        try:
            ctx = _context(context)
            arguments = {"uri": str(context.message.uri), "server": ctx.fastmcp.name}
            ruling = self._gate.rule("read_resource", arguments, **_who(ctx))
        except Exception as error:
            raise AuthorizationError(_failed(error)) from None
        if ruling.outcome is not Outcome.RUN:
            raise AuthorizationError(ruling.message)

    async def _settle(
        self, context: MiddlewareContext[mt.CallToolRequestParams]
    ) -> ToolResult | None:
        """``None`` when the call may run, a question to the client, or raises ``ToolError``."""
        ctx = _context(context)
        call_id, answer = _answer(ctx) if self._elicit else (None, None)
        ruling = await self._rule(context, call_id or uuid.uuid4().hex)
        match ruling.outcome:
            case Outcome.RUN:
                return None
            case Outcome.REFUSE:
                raise ToolError(ruling.message)
            case Outcome.ASK:
                pass
            case never:
                unreachable(never)
        if call_id is None:
            if not (self._elicit and _can_ask(ctx) and ruling.show()):
                raise ToolError(ruling.message)
            text = f"{ruling.message}\nFingerprint: {ruling.fingerprint}"
            if _modern(ctx):
                return _question(ruling.call_id, text)
            said = await ctx.elicit(text, bool, response_title="Approve")
            answer = isinstance(said, AcceptedElicitation) and said.data is True
            if answer:
                # What was decided before the human thought about it may have changed.
                ruling = await self._rule(context, ruling.call_id)
                if ruling.outcome is Outcome.RUN:
                    return None
        if not answer:
            ruling.withdraw()
            raise ToolError(f"{ruling.message}\nThe human said no.")
        if ruling.outcome is not Outcome.ASK or not ruling.redeem():
            raise ToolError(ruling.message)
        return None

    async def _rule(
        self, context: MiddlewareContext[mt.CallToolRequestParams], call_id: str
    ) -> Ruling:
        ctx, message = _context(context), context.message
        name, server, hints, foreign = await _origin(ctx.fastmcp, message)
        return self._gate.rule(
            name,
            message.arguments or {},
            call_id=call_id,
            server=server if foreign or not self._own_tools else None,
            annotations=hints.model_dump(by_alias=True, exclude_none=True) if hints else None,
            **_who(ctx),
        )


def _context(context: MiddlewareContext[Any]) -> Context:
    if context.fastmcp_context is None:
        raise RuntimeError("no context")
    return context.fastmcp_context


def _failed(error: Exception) -> str:
    return f"checkrein: refused, because the guard failed ({type(error).__name__})"


def _modern(ctx: Context) -> bool:
    request = ctx.request_context
    return request is not None and request.protocol_version in MODERN_PROTOCOL_VERSIONS


def _who(ctx: Context) -> dict[str, Any]:
    """Who calls, as far as the server knows for sure; since 2026-07-28 there are no sessions."""
    token = get_access_token()
    session = None if ctx.request_context is None or _modern(ctx) else ctx.session_id
    return {"agent": token.client_id if token else None, "session": session}


async def _origin(
    server: FastMCP[Any], message: mt.CallToolRequestParams
) -> tuple[str, str, mt.ToolAnnotations | None, bool]:
    """What a call reaches: the tool's name where it is offered, that server's name, the tool's
    hints, and whether it is offered by somebody else."""
    name, version = message.name, extract_version_spec(dict(message.meta or {}))
    tool = await server.get_tool(name, _exactly(version))
    if tool is None and (hashed := parse_hashed_backend_name(name)):
        tool = await server.get_tool_by_hash(*hashed)
        name = tool.name if tool else name
    inner, same = tool, True
    while isinstance(inner, (FastMCPProviderTool, TransformedTool)):
        if isinstance(inner, TransformedTool):
            # Its arguments are not those of the tool in it, so neither is its name.
            inner, same = inner.parent_tool, False
        else:
            server, child = inner._server, inner._original_name or ""
            name = child if same else name
            inner = await server.get_tool(child, _exactly(inner.version))
    if isinstance(inner, ProxyTool) and same:
        name = inner._backend_name or name
    hints = tool.annotations if tool else None
    return name, server.name, hints, inner is None or isinstance(inner, ProxyTool)


def _exactly(version: str | None) -> VersionSpec | None:
    return VersionSpec(eq=version) if version else None


def _can_ask(ctx: Context) -> bool:
    """Whether the client is there, waits for this very call, and can ask a human."""
    if _nested.get() or ctx.request_context is None:
        return False
    wanted = mt.ClientCapabilities(elicitation=mt.ElicitationCapability())
    return ctx.session.check_client_capability(wanted)


def _question(call_id: str, text: str) -> ToolResult:
    schema = parse_elicit_response_type(bool, response_title="Approve").schema
    form = mt.ElicitRequestFormParams(message=text, requested_schema=schema)
    requests: mt.InputRequests = {_KEY + call_id: mt.ElicitRequest(params=form)}
    return InputRequiredToolResult(mt.InputRequiredResult(input_requests=requests))


def _answer(ctx: Context) -> tuple[str | None, bool]:
    """The id of the call a question was about, and whether the answer is yes."""
    for key, said in (ctx.input_responses or {}).items():
        if key.startswith(_KEY):
            accepted = isinstance(said, mt.ElicitResult) and said.action == "accept"
            content = said.content if isinstance(said, mt.ElicitResult) else None
            return key.removeprefix(_KEY), accepted and (content or {}).get("value") is True
    return None, False
