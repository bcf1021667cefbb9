"""
The native core of checkrein. Use the `checkrein` package, not this module.
"""

from _typeshed import SupportsGetItem
from os import PathLike
from typing import Any, Final, SupportsFloat, SupportsIndex, final

__all__ = ["VERSION", "Approvals", "Engine", "encode", "refuse"]

VERSION: Final[str]
"""
Version of checkrein.
"""

@final
class Approvals:
    """
    Approvals that live and die with this process: a human's yes for one exact call, once.
    """
    def __new__(cls, /, valid_for: SupportsFloat | SupportsIndex) -> Approvals:
        """
        No approvals yet. One that nobody uses is void after `valid_for` seconds.
        """
    def redeem(self, /, fingerprint: str, call_id: str) -> bool:
        """
        Takes the yes for what was shown, once.
        """
    def show(self, /, fingerprint: str, call_id: str) -> bool:
        """
        Notes that a human is about to be asked. `False`: this very call was used already.
        """
    def withdraw(self, /, fingerprint: str, call_id: str) -> None:
        """
        Notes that the human said no.
        """

@final
class Engine:
    """
    A bundle of policies and an inventory, ready to answer calls. Never changes.
    """
    def authorize(self, /, call: str, own_workspace: bool, directory: str | PathLike[str] | None, own_env: bool) -> tuple[str, str, str]:
        """
        Decides a call's JSON. Adds what the call does not say: the workspace around the guard's
        own directory, or around `directory`, and the environment variables of this process.

        Answers the decision's canonical JSON, what to do (`run`, `ask` or `refuse`), and why.
        """
    @property
    def bundle(self, /) -> str:
        """
        `sha256:` digest of the policies and the inventory.
        """
    @staticmethod
    def discover(config: str | PathLike[str] | None, packs: SupportsGetItem[int, str] | None, workspace: str | PathLike[str] | None) -> Engine:
        """
        Finds the configuration, unless its path is given, and validates it.

        Raises ValueError with every mistake.
        """
    @staticmethod
    def load(policies: SupportsGetItem[int, tuple[str, str]], inventory: str | None, packs: SupportsGetItem[int, str] | None, workspace: str | PathLike[str] | None) -> Engine:
        """
        Validates policies (name and Cedar text) and the text of a `checkrein.toml`.

        Raises ValueError with every mistake.
        """
    @property
    def notes(self, /) -> list[str]:
        """
        What has to be said about the configuration.
        """
    @property
    def observing(self, /) -> bool:
        """
        Whether decisions are made and never stop a call.
        """

def encode(value: Any, plain: Any, error: type) -> str:
    """
    The JSON text of a value. `plain` answers the obvious form of a value that is not JSON.

    Raises `error` when something in it has no JSON form; its text quotes no values. What `plain`
    raises passes through.
    """

def refuse(kind: str, message: str) -> tuple[str, str, str]:
    """
    The answer to a call that cannot be given to an engine: no. `kind` is `malformed` or `internal`.
    """
