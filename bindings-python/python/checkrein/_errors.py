"""What can be raised. Whoever does not catch one of these has refused the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._decision import Decision


class CheckreinError(Exception):
    """Base of everything checkrein raises on purpose."""


class ConfigurationError(CheckreinError):
    """The configuration, a policy or the inventory cannot be used; the text lists every mistake."""


class _Refused(CheckreinError):
    def __init__(self, message: str, decision: Decision) -> None:
        super().__init__(message)
        self.decision = decision
        """The decision, with what was understood and which policies decided."""


class Denied(_Refused):
    """The call must not run."""


class ApprovalRequired(_Refused):
    """The call must not run before a human approves exactly it."""


def missing(adapter: str, framework: str, error: ImportError) -> ImportError:
    """The error for an adapter whose framework is not installed."""
    return ImportError(
        f"checkrein.{adapter} needs {framework}: pip install "
        f"'checkrein[{adapter.replace('_', '-')}]' ({error})"
    )
