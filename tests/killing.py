"""Killing a run again and again, each time after it has demonstrably begun and before it can have ended."""

import random
import time
from pathlib import Path

from chat_server import ChatServer
from runs import start, until


def kill_again_and_again(server: ChatServer, arguments: tuple[str, ...], out: Path, *, kills: int, asked: int) -> None:
    """Start and resume a run so many times, and kill every session at a random moment.

    A session gets no more than its share of the answers that the whole run needs, and then waits for the next. So no
    session can end by itself, however fast or slow the machine is.

    Args:
        server: whose answers the run needs.
        arguments: of ``apigen``, for the first session.
        out: the run directory.
        kills: how many sessions.
        asked: how many answers the whole run needs.
    """
    moments = random.Random(kills)
    share = asked // (kills + 1)
    assert share >= 3
    for number in range(kills):
        before = len(server.prompts)
        server.hold_after = server.admitted + share
        process = start(*(("run", "--resume") if (out / "config.yaml").exists() else arguments), "--out", out)
        if number % 5 == 4:  # at any moment, also while it starts
            time.sleep(moments.random())
        else:
            wanted = before + moments.randint(1, share)
            until(lambda wanted=wanted: len(server.prompts) >= wanted, process)  # type: ignore[misc]
            time.sleep(moments.random() * 0.05)
        assert process.poll() is None
        process.kill()
        process.communicate()
        while server.under_way:  # what the dead one asked for is answered, or dropped
            time.sleep(0.002)
    server.hold_after = None
