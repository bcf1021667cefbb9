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

from ._decision import (
    Action,
    ApprovalRequest,
    Credential,
    Decision,
    DeterminingPolicy,
    Environment,
    Failure,
    Resource,
    Scope,
    Span,
    Verdict,
)
from ._errors import ApprovalRequired, CheckreinError, ConfigurationError, Denied
from ._gate import Gate, Outcome, Ruling
from ._guard import Approvals, Guard
from ._guarded import guarded
from ._native import VERSION as __version__

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
