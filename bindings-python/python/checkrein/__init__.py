"""The authorization boundary for AI agents: decide a tool call before it runs.

    >>> import checkrein
    >>> guard = checkrein.Guard()
    >>> decision = guard.authorize("Bash", {"command": "git status"}, agent="builder")
    >>> decision.verdict
    <Verdict.ALLOW: 'allow'>

A tool call is interpreted into actions (what is done to which resource, in which environment, how
reversible, with whose credential), and Cedar policies over them answer ``allow``, ``deny`` or
``needs_approval``. The engine is native, runs in this process and needs no network.

Adapters put a guard before every tool of a framework: ``checkrein.langchain``,
``checkrein.openai_agents``, ``checkrein.claude_agent_sdk``, ``checkrein.pydantic_ai``,
``checkrein.google_adk``, ``checkrein.strands``, ``checkrein.agent_framework``,
``checkrein.crewai``, ``checkrein.fastmcp``. For any other function there is :func:`guarded`.
"""

from typing import TYPE_CHECKING, Any

from ._decision import Decision, Verdict
from ._errors import ApprovalRequired, CheckreinError, ConfigurationError, Denied
from ._gate import Gate, Outcome, Ruling
from ._guard import Approvals, Guard
from ._native import VERSION as __version__

if TYPE_CHECKING:
    from ._actions import (
        Action,
        ApprovalRequest,
        Credential,
        DeterminingPolicy,
        Environment,
        Failure,
        Resource,
        Scope,
        Span,
    )
    from ._guarded import guarded

__all__ = [
    "Action",
    "ApprovalRequest",
    "ApprovalRequired",
    "Approvals",
    "CheckreinError",
    "ConfigurationError",
    "Credential",
    "Decision",
    "Denied",
    "DeterminingPolicy",
    "Environment",
    "Failure",
    "Gate",
    "Guard",
    "Outcome",
    "Resource",
    "Ruling",
    "Scope",
    "Span",
    "Verdict",
    "__version__",
    "guarded",
]


def __getattr__(name: str) -> Any:
    """What most programs never need is imported when it is first asked for."""
    if name == "guarded":
        from ._guarded import guarded

        return guarded
    if name in __all__:
        from . import _actions

        return getattr(_actions, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
