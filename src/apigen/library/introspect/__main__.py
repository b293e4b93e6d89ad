"""The child process: reads an order from stdin and answers on the pipe whose descriptor is its only argument."""

import os
import sys

import msgspec

from apigen.library.introspect.describe import describe
from apigen.library.introspect.imports import import_wanted
from apigen.library.introspect.protocol import Described, Failed, Importing, MessageFromChild, Order
from apigen.signatures.problems import ImportFailed


def answer(order: Order, pipe: int) -> None:
    """Import and describe what is wanted, and send what comes of it."""
    modules = []
    for wanted in order.wanted:
        _send(pipe, Importing(wanted.locator))
        try:
            modules.append(import_wanted(wanted, order.folder))
        except ImportFailed as problem:
            _send(pipe, Failed(wanted.locator, str(problem)))
            return
    tools, skipped = describe(modules, order.origin)
    _send(pipe, Described(tools, skipped))


def _send(pipe: int, message: MessageFromChild) -> None:
    line = msgspec.json.encode(message) + b"\n"
    while line:
        line = line[os.write(pipe, line) :]


def main() -> None:
    """Do what stdin asks and end at once, whatever threads the modules may have started."""
    pipe = int(sys.argv[1])
    os.set_inheritable(pipe, False)
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # a module that reads its input when imported finds none
    sys.argv = [""]
    answer(order, pipe)
    os._exit(0)


if __name__ == "__main__":
    main()
