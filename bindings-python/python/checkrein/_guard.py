"""The guard: a bundle of policies and the one way from a tool call to a decision."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar, runtime_checkable

from . import _native
from ._convert import NotConvertible, encode
from ._decision import Decision
from ._errors import ApprovalRequired, ConfigurationError, Denied

_F = TypeVar("_F", bound=Callable[..., Any])


@runtime_checkable
class Approvals(Protocol):
    """Where a human's yes is kept until the call it was for runs.

    The built-in one keeps them in this process. Another can be handed to :class:`Guard`, for
    approvals that outlive a process. All methods may be called from any thread, and whatever goes
    wrong in them must end in ``False`` or an exception: both refuse the call.
    """

    def show(self, fingerprint: str, call_id: str) -> bool:
        """Notes that a human is about to be asked. ``False``: this very call was used already."""
        ...

    def redeem(self, fingerprint: str, call_id: str) -> bool:
        """Takes the yes for what was shown, once: ``True`` at most once for each call shown."""
        ...

    def withdraw(self, fingerprint: str, call_id: str) -> None:
        """Notes that the human said no."""
        ...


class Guard:
    """Decides tool calls.

    Without arguments the configuration is found as the ``checkrein`` command finds it: the file
    that ``CHECKREIN_CONFIG`` names, a ``checkrein.toml`` above the workspace (or in it, when
    pinned), the user's own; with none of these the ``baseline`` pack decides alone.

    A guard never changes, can be used from any thread, and never blocks on anything but the
    processor: a decision takes some hundred microseconds, during which the interpreter's lock is
    released. That is why there is no asynchronous variant of its methods.

    Args:
        policies: Cedar text, or texts by file name, instead of the files of a configuration.
        inventory: Text of a ``checkrein.toml``, instead of a file.
        packs: Shipped packs to use instead of those the inventory names.
        workspace: Directory the tools work in, when a call does not say; the working directory of
            this process when absent. The repository around it is the workspace's root.
        approvals: Where approvals are kept; in this process when absent.
        approvals_valid_for: Seconds until an approval that nobody used is void.

    Raises:
        ConfigurationError: The configuration, a policy or the inventory cannot be used.
    """

    __slots__ = ("_engine", "approvals")

    def __init__(
        self,
        *,
        policies: str | Mapping[str, str] | None = None,
        inventory: str | None = None,
        packs: list[str] | None = None,
        workspace: str | os.PathLike[str] | None = None,
        approvals: Approvals | None = None,
        approvals_valid_for: float = 3600.0,
    ) -> None:
        place = None if workspace is None else os.fspath(workspace)
        if policies is None and inventory is None:
            self._engine = _opened(lambda: _native.Engine.discover(None, packs, place))
        else:
            named = {"policies": policies} if isinstance(policies, str) else (policies or {})
            files = list(named.items())
            self._engine = _opened(lambda: _native.Engine.load(files, inventory, packs, place))
        self.approvals: Approvals = approvals or _native.Approvals(approvals_valid_for)

    @classmethod
    def from_config(
        cls,
        path: str | os.PathLike[str],
        *,
        packs: list[str] | None = None,
        workspace: str | os.PathLike[str] | None = None,
        approvals: Approvals | None = None,
        approvals_valid_for: float = 3600.0,
    ) -> Guard:
        """A guard with the ``checkrein.toml`` at ``path`` and the policies it names.

        Raises:
            ConfigurationError: It cannot be used.
        """
        place = None if workspace is None else os.fspath(workspace)
        guard = cls.__new__(cls)
        config = os.fspath(path)
        guard._engine = _opened(lambda: _native.Engine.discover(config, packs, place))
        guard.approvals = approvals or _native.Approvals(approvals_valid_for)
        return guard

    def authorize(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        agent: str,
        session: str | None = None,
        on_behalf_of: str | None = None,
        workspace: str | os.PathLike[str] | Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        server: str | None = None,
        annotations: Mapping[str, Any] | None = None,
    ) -> Decision:
        """Decides a tool call. Never raises: every failure is a decision to deny.

        Args:
            tool: Name of the tool, as the framework spells it.
            arguments: Its arguments; JSON values, and what has an obvious JSON form.
            agent: Id of the agent, the Cedar principal.
            session: Session the call belongs to.
            on_behalf_of: The human the agent acts for.
            workspace: A directory, looked up like that of the guard; or exactly
                ``{"root", "cwd", "facts"}`` as on the wire. The guard's own when absent.
            env: Environment variables the tool would run with; this process's when absent.
            server: The MCP server that offers the tool.
            annotations: MCP annotations. They are hints: they may raise risk, never lower it.
        """
        try:
            who: dict[str, Any] = {"id": agent}
            if session is not None:
                who["session"] = session
            if on_behalf_of is not None:
                who["on_behalf_of"] = on_behalf_of
            call: dict[str, Any] = {"tool": tool, "arguments": arguments, "agent": who}
            if server is not None:
                call["server"] = server
            if annotations is not None:
                call["annotations"] = annotations
            place = None
            if isinstance(workspace, Mapping):
                call["workspace"] = workspace
            elif workspace is not None:
                place = os.fspath(workspace)
            if env is not None:
                call["env"] = env
            text = encode(call)
            return Decision(*self._engine.authorize(text, workspace is None, place, env is None))
        except NotConvertible as error:
            return Decision(*_native.refuse("malformed", str(error)))
        except Exception as error:
            return Decision(*_native.refuse("internal", type(error).__name__))

    def authorize_json(self, call: str | bytes) -> str:
        """Decides a call as on the wire, JSON in and canonical JSON out. Adds nothing to the call.

        Never raises: every failure is a decision to deny.
        """
        try:
            text = call if isinstance(call, str) else bytes(call).decode()
            return self._engine.authorize(text, False, None, False)[0]
        except UnicodeError:
            return _native.refuse("malformed", "the call is not UTF-8")[0]
        except Exception as error:
            return _native.refuse("internal", type(error).__name__)[0]

    def check(
        self, tool: str, arguments: Mapping[str, Any], *, agent: str, **context: Any
    ) -> Decision:
        """Decides a call as :meth:`authorize` does and raises unless it may run.

        Raises:
            Denied: It must not run.
            ApprovalRequired: It must not run before a human approves it.
        """
        decision = self.authorize(tool, arguments, agent=agent, **context)
        if decision._outcome == "run":
            return decision
        if decision._outcome == "ask":
            raise ApprovalRequired(decision.message, decision)
        raise Denied(decision.message, decision)

    @property
    def bundle(self) -> str:
        """``sha256:`` digest of the policies and inventory."""
        return self._engine.bundle

    @property
    def observing(self) -> bool:
        """Whether the operator's ``[policy] mode`` is ``observe``: decide, never block."""
        return self._engine.observing

    @property
    def notes(self) -> list[str]:
        """What has to be said about the configuration, such as a file that was not trusted."""
        return self._engine.notes

    def __repr__(self) -> str:
        return f"<Guard {self.bundle}>"


def _opened(build: Callable[[], _native.Engine]) -> _native.Engine:
    try:
        return build()
    except (ValueError, OSError) as error:
        raise ConfigurationError(str(error)) from None
