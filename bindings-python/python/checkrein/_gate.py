"""What all adapters share: who calls, what the framework must do, and a human's yes."""

from __future__ import annotations

import enum
import os
from collections.abc import Mapping
from typing import Any, NoReturn

from . import _native
from ._decision import Decision
from ._guard import Approvals, Guard

_USED = (
    "checkrein: this call was approved and has been used already; an approval counts once, so ask "
    "with a new call"
)
_NOT_SHOWN = (
    "checkrein: this approval is not for this exact call, or was not asked for in this process; "
    "ask again"
)


class Outcome(enum.Enum):
    """What a framework must do with a call."""

    RUN = "run"
    """Run it: the verdict is ``allow``, or the operator only observes."""
    ASK = "ask"
    """Pause and ask a human; run it only after a yes that :meth:`Ruling.redeem` accepts."""
    REFUSE = "refuse"
    """Do not run it; :attr:`Ruling.message` is for the model."""


class Ruling:
    """A decision about one call, as a framework needs it."""

    __slots__ = ("_approvals", "call_id", "decision", "message", "outcome", "tool")

    def __init__(self, decision: Decision, approvals: Approvals, tool: str, call_id: str) -> None:
        self.decision = decision
        """The decision."""
        self.outcome = Outcome(decision._outcome)
        """What to do."""
        self.message = decision.message
        """Why, for the model or a human; empty when the call runs."""
        self.tool = tool
        """Name of the tool."""
        self.call_id = call_id
        """The framework's id of the call; empty when it has none."""
        self._approvals = approvals

    @property
    def fingerprint(self) -> str:
        """What a human's yes is bound to; empty unless the outcome is ``ASK``."""
        approval = self.decision.approval
        return approval.fingerprint if approval else ""

    def show(self) -> bool:
        """Call it when the human is about to be asked.

        ``False``: this very call was approved and used before. Refuse with :attr:`message`.
        """
        try:
            if self.fingerprint and self._approvals.show(self.fingerprint, self.call_id):
                return True
        except Exception:
            pass
        self.outcome, self.message = Outcome.REFUSE, _USED
        return False

    def redeem(self) -> bool:
        """Call it when the framework says that the human said yes, right before the call runs.

        ``True``, once, when exactly this call was shown in this process and not used since.
        Otherwise refuse with :attr:`message`.
        """
        try:
            if self.fingerprint and self._approvals.redeem(self.fingerprint, self.call_id):
                return True
        except Exception:
            pass
        self.outcome, self.message = Outcome.REFUSE, _NOT_SHOWN
        return False

    def withdraw(self) -> None:
        """Call it when the human said no. Never raises."""
        try:
            if self.fingerprint:
                self._approvals.withdraw(self.fingerprint, self.call_id)
        except Exception:
            pass

    def question(self) -> dict[str, Any]:
        """What to show the human, as plain JSON values."""
        approval = self.decision.approval
        return {
            "message": self.message,
            "tool": self.tool,
            "fingerprint": self.fingerprint,
            "teams": list(approval.teams) if approval else [],
            "decision": self.decision.to_dict(),
        }

    def __repr__(self) -> str:
        return f"<Ruling {self.outcome.value}: {self.decision!r}>"


class Gate:
    """A guard at one place of a framework: the guard, and what is the same for all calls there.

    Args:
        guard: The guard; ``Guard()`` when absent.
        agent: Id of the agent, when the framework does not name it.
        session: Session, when the framework does not name it.
        on_behalf_of: The human the agent acts for.
        workspace: As in :meth:`Guard.authorize`.
        env: As in :meth:`Guard.authorize`.
    """

    __slots__ = ("agent", "env", "guard", "on_behalf_of", "session", "workspace")

    def __init__(
        self,
        guard: Guard | None = None,
        *,
        agent: str | None = None,
        session: str | None = None,
        on_behalf_of: str | None = None,
        workspace: str | os.PathLike[str] | Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.guard = Guard() if guard is None else guard
        self.agent = agent
        self.session = session
        self.on_behalf_of = on_behalf_of
        self.workspace = workspace
        self.env = env

    def rule(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        call_id: str | None = None,
        agent: str | None = None,
        session: str | None = None,
        server: str | None = None,
        annotations: Mapping[str, Any] | None = None,
    ) -> Ruling:
        """Rules on a call. Never raises: every failure is a ruling to refuse.

        Args:
            tool: Name of the tool.
            arguments: Its arguments, as they will be executed.
            call_id: The framework's id of this call, the same when it is resumed.
            agent: The agent's name in the framework; the gate's ``agent`` goes before it.
            session: The framework's session; the gate's ``session`` goes before it.
            server: The MCP server that offers the tool.
            annotations: MCP annotations.
        """
        try:
            decision = self.guard.authorize(
                tool,
                arguments,
                agent=self.agent or agent or "agent",
                session=self.session or session,
                on_behalf_of=self.on_behalf_of,
                workspace=self.workspace,
                env=self.env,
                server=server,
                annotations=annotations,
            )
            return Ruling(decision, self.guard.approvals, str(tool), call_id or "")
        except Exception as error:
            refused = Decision(*_native.refuse("internal", type(error).__name__))
            return Ruling(refused, self.guard.approvals, str(tool), call_id or "")


def unreachable(outcome: NoReturn) -> NoReturn:
    """Ends a match over outcomes; a type checker sees a missing case, and so does the call."""
    raise AssertionError(f"checkrein: outcome {outcome!r} is not handled; the call is refused")
