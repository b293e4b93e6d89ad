"""A process that has imported our code and nothing else, and forks a keeper for each sandbox process that is wanted.

Starting an interpreter takes many times as long as a fork, whose memory is shared besides. So each source of tools can
have processes of its own, and what one module does to Python when it is imported meets no other. No tool ever comes
here: tools are imported behind walls, in the processes that keepers start.

Run as ``python -c`` with :func:`bootstrap`; its standard input is the socket that orders come over.
"""

import contextlib
import gc
import os
import socket
from collections.abc import Callable

from apigen.execute.sandbox.keeper import Place, keep
from apigen.execute.sandbox.wire import LENGTH

ORDER = b"k"
"""An order for a keeper; with it come the descriptors of its lifeline and its control."""


def bootstrap(inhabitant: str) -> str:
    """What the interpreter runs; its argument is ``sys.path`` as JSON.

    Args:
        inhabitant: module with a function ``live(place)`` that keepers make places for.
    """
    return (
        "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from apigen.execute.sandbox.nursery import serve; "
        f"from {inhabitant} import live; serve(live)"
    )


def serve(live: Callable[[Place], None]) -> None:
    """Fork a keeper for each order and answer with its process id, until our process is gone.

    Args:
        live: what each keeper's process does.
    """
    orders = socket.socket(fileno=0)
    gc.collect()
    gc.freeze()  # so that collections in forked processes do not copy our pages
    while True:
        message, descriptors, _, _ = socket.recv_fds(orders, len(ORDER), 2)
        if not message:
            break
        _bury(os.WNOHANG)
        lifeline, control = descriptors
        keeper = os.fork()
        if keeper == 0:
            orders.detach()
            os.dup2(lifeline, 0)
            os.close(lifeline)
            os.setsid()
            try:
                keep(live, control)
            finally:
                os._exit(1)
        os.close(lifeline)
        os.close(control)
        orders.sendall(LENGTH.pack(keeper))
    _bury(0)  # each keeper ends when its lifeline does


def _bury(options: int) -> None:
    """Wait for keepers that have ended, or for all: what they used then counts as used by who started us."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass
