"""`checkrein.guarded`: a function runs only when its call may run, whatever kind it is of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from typing import Any

import pytest

import checkrein
from checkrein import ApprovalRequired, ConfigurationError, Denied, Ruling, Verdict
from guarded_scenario import ALLOW, ASK, ASK_ELSE, CONTEXT, DENY, Shell, each_kind, finish, make

pytest_plugins = ["guarded_scenario"]


@each_kind
def test_allow(guard: checkrein.Guard, kind: str) -> None:
    shell = Shell(kind, guard)
    assert shell.call(ALLOW) == f"ran {ALLOW}"
    assert shell.ran == [ALLOW]


@each_kind
def test_deny(guard: checkrein.Guard, kind: str) -> None:
    shell = Shell(kind, guard, ask=lambda _: pytest.fail("asked about what must not run"))
    with pytest.raises(Denied, match="this sends a secret or private file") as caught:
        shell.call(DENY)
    assert caught.value.decision.verdict is Verdict.DENY
    assert shell.ran == []


@each_kind
def test_ask_without_anybody_to_ask(guard: checkrein.Guard, kind: str) -> None:
    shell = Shell(kind, guard)
    with pytest.raises(ApprovalRequired, match="May be approved by: operator") as caught:
        shell.call(ASK)
    assert caught.value.decision.approval is not None
    assert shell.ran == []


@pytest.mark.parametrize("kind", ["sync", "generator", "async_generator"])
@pytest.mark.parametrize("command", [DENY, ASK])
def test_a_generator_is_decided_when_it_is_called(
    guard: checkrein.Guard, kind: str, command: str
) -> None:
    shell = Shell(kind, guard)
    with pytest.raises((Denied, ApprovalRequired)):
        shell.start(command)


@each_kind
def test_yes(guard: checkrein.Guard, kind: str) -> None:
    asked: list[dict[str, Any]] = []

    def ask(ruling: Ruling) -> bool:
        asked.append(ruling.question())
        return True

    shell = Shell(kind, guard, ask=ask)
    assert shell.call(ASK) == f"ran {ASK}"
    assert shell.call(ASK) == f"ran {ASK}"
    assert shell.ran == [ASK, ASK]
    assert len(asked) == 2, "every call is asked about anew, the same one too"
    assert asked[0] == asked[1]
    assert (asked[0]["tool"], asked[0]["teams"]) == ("bash", ["operator"])
    assert asked[0]["fingerprint"].startswith("sha256:")


@pytest.mark.parametrize("kind", ["coroutine", "async_generator"])
@pytest.mark.parametrize("answer", [True, False])
def test_an_answer_that_is_awaited(guard: checkrein.Guard, kind: str, answer: bool) -> None:
    async def ask(_: Ruling) -> bool:
        await asyncio.sleep(0)
        return answer

    shell = Shell(kind, guard, ask=ask)
    if answer:
        shell.call(ASK)
    else:
        with pytest.raises(ApprovalRequired):
            shell.call(ASK)
    assert shell.ran == [ASK] * answer


@pytest.mark.parametrize("kind", ["sync", "generator"])
def test_an_answer_that_cannot_be_awaited_is_a_mistake(guard: checkrein.Guard, kind: str) -> None:
    async def ask(_: Ruling) -> bool:
        return True

    with pytest.raises(ConfigurationError, match="is a coroutine function and"):
        Shell(kind, guard, ask=ask)

    class Later:
        """Truthy and awaitable, and never True itself."""

        def __await__(self) -> Generator[Any, Any, bool]:
            yield
            return True

    shell = Shell(kind, guard, ask=lambda _: Later())
    with pytest.raises(ApprovalRequired):
        shell.call(ASK)
    assert shell.ran == []


@each_kind
@pytest.mark.parametrize("answer", [False, None, 1, "yes", "True", [True], object()])
def test_all_but_true_is_no(guard: checkrein.Guard, kind: str, answer: object) -> None:
    shown: list[Ruling] = []

    def ask(ruling: Ruling) -> object:
        shown.append(ruling)
        return answer

    shell = Shell(kind, guard, ask=ask)
    with pytest.raises(ApprovalRequired, match="The human said no"):
        shell.call(ASK)
    assert shell.ran == []
    assert not shown[0].redeem(), "a question that was answered with no can still be redeemed"


@each_kind
def test_asking_fails(guard: checkrein.Guard, kind: str) -> None:
    shown: list[Ruling] = []

    def ask(ruling: Ruling) -> bool:
        shown.append(ruling)
        raise KeyboardInterrupt

    shell = Shell(kind, guard, ask=ask)
    with pytest.raises(KeyboardInterrupt):
        shell.call(ASK)
    assert shell.ran == []
    assert not shown[0].redeem()


@pytest.mark.parametrize("kind", ["coroutine", "async_generator"])
def test_asking_is_cancelled(guard: checkrein.Guard, kind: str) -> None:
    shown: list[Ruling] = []

    async def ask(ruling: Ruling) -> bool:
        shown.append(ruling)
        await asyncio.sleep(60)
        return True

    shell = Shell(kind, guard, ask=ask)

    async def run() -> None:
        started = shell.start(ASK)
        step = started if kind == "coroutine" else started.__anext__()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(step, 0.05)

    asyncio.run(run())
    assert shell.ran == []
    assert not shown[0].redeem()


@each_kind
def test_a_yes_is_for_one_call(guard: checkrein.Guard, kind: str) -> None:
    """Somebody redeems the approval while the human is asked: the call has none left."""

    def ask(ruling: Ruling) -> bool:
        return ruling.redeem()

    shell = Shell(kind, guard, ask=ask)
    with pytest.raises(Denied, match="ask again"):
        shell.call(ASK)
    assert shell.ran == []


@pytest.mark.parametrize("outer", [True, False])
@pytest.mark.parametrize("inner", [True, False])
def test_equal_calls_at_once_need_a_yes_each(
    guard: checkrein.Guard, outer: bool, inner: bool
) -> None:
    """A second equal call is asked about and answered while the first waits for its answer."""
    waiting: list[Ruling] = []

    def call() -> bool:
        try:
            shell.call(ASK)
        except ApprovalRequired:
            return False
        return True

    def ask(ruling: Ruling) -> bool:
        waiting.append(ruling)
        if len(waiting) == 2:
            return inner
        assert call() == inner
        return outer

    shell = Shell("sync", guard, ask=ask)
    assert call() == outer
    assert shell.ran == [ASK] * (inner + outer)


@each_kind
@pytest.mark.parametrize("command", [ASK_ELSE, DENY])
def test_arguments_that_change_while_a_human_is_asked(
    guard: checkrein.Guard, kind: str, command: str
) -> None:
    call = {"command": ASK}

    def ask(_: Ruling) -> bool:
        call["command"] = command
        return True

    shell = Shell(kind, guard, ask=ask, arguments=lambda call: call)
    with pytest.raises(Denied):
        shell.call(call)
    assert shell.ran == []


@each_kind
def test_arguments_that_become_harmless_while_a_human_is_asked(
    guard: checkrein.Guard, kind: str
) -> None:
    call = {"command": ASK}

    def ask(_: Ruling) -> bool:
        call["command"] = ALLOW
        return True

    shell = Shell(kind, guard, ask=ask, arguments=lambda call: call)
    shell.call(call)
    assert shell.ran == [{"command": ALLOW}]


def test_variables_that_change_while_a_human_is_asked(
    guard: checkrein.Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A yes was for the directory the variable named when it was given."""
    monkeypatch.setenv("CHECKREIN_TEST_TARGET", "src")

    def ask(_: Ruling) -> bool:
        monkeypatch.setenv("CHECKREIN_TEST_TARGET", "docs")
        return True

    shell = Shell("sync", guard, ask=ask, env=None)
    with pytest.raises(Denied):
        shell.call('rm -rf "$CHECKREIN_TEST_TARGET"')
    assert shell.ran == []


@pytest.mark.parametrize("kind", ["coroutine", "generator", "async_generator"])
@pytest.mark.parametrize("command", [ASK, DENY])
def test_arguments_that_change_before_the_body_starts(
    guard: checkrein.Guard, kind: str, command: str
) -> None:
    call = {"command": ALLOW}
    shell = Shell(kind, guard, arguments=lambda call: call)
    started = shell.start(call)
    call["command"] = command
    with pytest.raises((Denied, ApprovalRequired)):
        finish(kind, started)
    assert shell.ran == []


@each_kind
def test_crash(guard: checkrein.Guard, kind: str, crash: Callable[[], None]) -> None:
    shell = Shell(kind, guard)
    crash()
    with pytest.raises(Exception):  # noqa: B017 (which one depends on what broke)
        shell.call(ALLOW)
    assert shell.ran == []


@each_kind
def test_crash_after_the_yes(guard: checkrein.Guard, kind: str, crash: Callable[[], None]) -> None:
    def ask(_: Ruling) -> bool:
        crash()
        return True

    shell = Shell(kind, guard, ask=ask)
    with pytest.raises(Exception):  # noqa: B017 (which one depends on what broke)
        shell.call(ASK)
    assert shell.ran == []


@each_kind
@pytest.mark.parametrize("method", ["show", "redeem"])
@pytest.mark.parametrize("answer", [False, RuntimeError("no store")])
def test_an_approval_store_that_fails(kind: str, method: str, answer: object) -> None:
    class Store:
        def show(self, fingerprint: str, call_id: str) -> bool:
            return self._answer("show")

        def redeem(self, fingerprint: str, call_id: str) -> bool:
            return self._answer("redeem")

        def withdraw(self, fingerprint: str, call_id: str) -> None:
            raise RuntimeError("no store")

        def _answer(self, name: str) -> bool:
            if name != method:
                return True
            if isinstance(answer, Exception):
                raise answer
            return bool(answer)

    guard = checkrein.Guard(inventory="", workspace="/", approvals=Store())
    shell = Shell(kind, guard, ask=lambda _: True)
    with pytest.raises(Denied):
        shell.call(ASK)
    assert shell.ran == []


@each_kind
@pytest.mark.parametrize(
    "error",
    [ValueError("own"), Denied("own", None), KeyboardInterrupt()],  # type: ignore[arg-type]
)
def test_what_the_function_raises_passes_through(
    guard: checkrein.Guard, kind: str, error: BaseException
) -> None:
    def fail(_: object) -> None:
        raise error

    function = checkrein.guarded(guard, **CONTEXT)(make(kind, fail))
    with pytest.raises(type(error)) as caught:
        finish(kind, function(ALLOW))
    assert caught.value is error


def test_observing_runs_everything() -> None:
    guard = checkrein.Guard(inventory='[policy]\nmode = "observe"\n', workspace="/")
    shell = Shell("sync", guard, ask=lambda _: pytest.fail("asked while only observing"))
    for command in (ALLOW, ASK, DENY):
        shell.call(command)
    assert shell.ran == [ALLOW, ASK, DENY]
