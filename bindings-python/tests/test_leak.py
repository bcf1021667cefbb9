"""A million calls need no more memory than the first thousands."""

from __future__ import annotations

import checkrein

CALLS = 1_000_000
CALLS_TO_WARM_UP = 50_000
GROWTH_KIB = 8 * 1024


def resident_kib() -> int:
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmRSS:"))
    return int(line.split()[1])


def test_no_memory_is_lost_over_a_million_calls() -> None:
    guard = checkrein.Guard(inventory="", workspace="/")
    workspace = {"root": "/repo"}
    commands = ["ls", "cat a", "rm -rf src", "{"]

    def calls(count: int) -> None:
        for number in range(count):
            decision = guard.authorize(
                "Read" if number % 4 else "Bash",
                {"command": commands[number // 4 % 4], "file_path": f"/repo/{number % 100}"},
                agent="a",
                workspace=workspace,
                env={},
            )
            if number % 16 == 0:
                assert decision.reason
                guard.approvals.show("sha256:f", str(number))
                guard.approvals.redeem("sha256:f", str(number))

    calls(CALLS_TO_WARM_UP)
    before = resident_kib()
    calls(CALLS - CALLS_TO_WARM_UP)
    assert resident_kib() - before < GROWTH_KIB
