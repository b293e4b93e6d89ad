"""The outermost sandbox process: makes the place, starts the zygote in it, and clears up when it is over.

Run as ``python -c`` with :data:`BOOTSTRAP`. Its standard input is a lifeline: when our process closes it or dies,
by whatever signal, everything here is killed and removed.
"""

import os
import signal
import sys
from pathlib import Path

import msgspec

from apigen.execute.sandbox import kernel
from apigen.execute.sandbox.namespaces import enter_best
from apigen.execute.sandbox.scratch import make_scratch, remove_folder
from apigen.execute.sandbox.wire import Ready, Start, receive, send
from apigen.execute.sandbox.zygote import Zygote

BOOTSTRAP = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from apigen.execute.sandbox import keeper; keeper.main()"
)
"""What the interpreter runs; its arguments are ``sys.path`` as JSON and the number of the control descriptor."""

_SCRATCH_FILES = 4
"""The scratch filesystem holds that many files of the largest size."""


def main() -> None:
    """Keep one zygote until the lifeline ends."""
    control = int(sys.argv[2])
    body = receive(control)
    if body is None:
        return
    start = msgspec.json.decode(body, type=Start)
    try:
        scratch = make_scratch(Path(start.scratch_parent))
    except OSError as error:
        send(control, Ready(problem=f"cannot make a scratch folder in {start.scratch_parent}: {error.strerror}"))
        return
    namespaces = enter_best(str(scratch), start.limits.file_mb * _SCRATCH_FILES)
    keeper = os.getpid()
    zygote = os.fork()
    if zygote == 0:
        kernel.die_with_parent(0 if "process" in namespaces else keeper)
        Zygote(control, start, scratch, namespaces).serve()
        os._exit(0)
    os.close(control)
    while os.read(0, 1):
        pass
    os.kill(zygote, signal.SIGKILL)
    os.waitpid(zygote, 0)
    if "mount" in namespaces:
        kernel.unmount(str(scratch))
    remove_folder(scratch)
