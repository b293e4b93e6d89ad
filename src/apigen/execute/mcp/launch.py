"""Becomes a server's program, which the kernel then ends together with apigen, however apigen ends.

Run as ``python -I -S launch.py PARENT PROGRAM ARGUMENT...``; nothing of apigen is imported, so that it costs little.
Where no locale is set, Python sets ``LC_CTYPE`` to one with UTF-8, which the program then has as well.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel, then become the program."""
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != int(parent):  # it ended before the kernel was asked
            sys.exit(1)
    try:
        os.execvp(command[0], command)  # noqa: S606 - a list, never a shell
    except OSError as problem:
        sys.exit(f"{command[0]}: {problem.strerror}")


if __name__ == "__main__":
    main()
