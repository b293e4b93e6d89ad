"""Attacks by the code of a module itself, which runs when a library is loaded and before its first call."""

import msgspec

from apigen.records import Reason
from attacks.attack import CRASHED, Outcome, fails, harmless

_NOT = Reason.NOT_EXECUTABLE
_FUNCTION = '\n\n\ndef answer(x: int = 1) -> int:\n    """Answer."""\n    return 1\n'
_AFTER_A_CALL = "import os\nif not os.getcwd().endswith('call'):\n    "
"""What a module does only where it is kept for later calls, after it has behaved in a first process."""


class ImportAttack(msgspec.Struct, frozen=True):
    """A module that attacks when it is imported; its function ``answer`` returns 1."""

    name: str
    body: str
    outcomes: tuple[Outcome, ...]
    tries: str

    @property
    def code(self) -> str:
        return self.body + _FUNCTION


ON_IMPORT = (
    ImportAttack(
        "network at import",
        "import socket\nsocket.create_connection(('127.0.0.1', 9), timeout=1)",
        fails(_NOT, "[Errno 1] Operation not permitted"),
        "connects to this machine",
    ),
    ImportAttack(
        "secret at import",
        "import pathlib\npathlib.Path(__file__).with_name('key.txt').read_text()",
        fails(_NOT, "[Errno 13] Permission denied"),
        "reads a key beside the module",
    ),
    ImportAttack(
        "environment at import",
        "import os\nos.environ['APIGEN_CANARY']",
        fails(_NOT, "KeyError"),
        "reads a key from the environment",
    ),
    ImportAttack(
        "file at import",
        "open('/tmp/apigen-at-import', 'w').write('pwned')",
        (*fails(_NOT, "[Errno 13]"), *fails(_NOT, "[Errno 30]")),
        "writes outside scratch",
    ),
    ImportAttack("loop at import", "while True:\n    pass", fails(Reason.TIMEOUT, "importing its module"), "loops"),
    ImportAttack(
        "fork at import", "import os\nos.fork()", fails(_NOT, "[Errno 1] Operation not permitted"), "starts a process"
    ),
    ImportAttack("exit at import", "import os\nos._exit(3)", fails(CRASHED, "exit code 3"), "ends the process"),
    ImportAttack("polite exit at import", "raise SystemExit(0)", fails(_NOT, "sys.exit"), "exits"),
    ImportAttack(
        "crash at import", "import ctypes\nctypes.string_at(0)", fails(CRASHED, "killed by SIGSEGV"), "crashes"
    ),
    ImportAttack(
        "memory at import",
        "kept = bytearray(1 << 40)",
        (*fails(_NOT, "MemoryError"), *fails(Reason.OUT_OF_MEMORY, "")),
        "takes a terabyte",
    ),
    ImportAttack(
        "kill at import",
        "import os\nos.kill(os.getppid(), 9)",
        fails(_NOT, "[Errno 1] Operation not permitted"),
        "kills the process that forks the calls",
    ),
    ImportAttack(
        "recursion at import",
        "def deeper():\n    deeper()\n\n\ndeeper()",
        fails(_NOT, "RecursionError"),
        "recurses",
    ),
    ImportAttack(
        "thread at import",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        harmless(1),
        "leaves a thread",
    ),
    ImportAttack(
        "forged at import",
        "import os\nfrom apigen.execute.sandbox.wire import LENGTH, PREPARED, REPLY\n"
        "os.write(3, PREPARED + REPLY + LENGTH.pack(2) + b'{}')\nos._exit(0)",
        (*harmless(None), *fails(CRASHED, ""), *fails(_NOT, "")),
        "says that it has been imported",
    ),
    ImportAttack("exit when kept", _AFTER_A_CALL + "os._exit(1)", harmless(1), "ends the process that forks the calls"),
)

PATCHING = (
    ImportAttack(
        "json at import", "import json\njson.dumps = lambda *_, **__: '666'", harmless(1), "replaces json.dumps"
    ),
    ImportAttack("sum at import", "import builtins\nbuiltins.sum = lambda *_, **__: 666", harmless(1), "replaces sum"),
    ImportAttack(
        "apigen at import",
        "import apigen.execute.values as values\nvalues.to_json = lambda *_: 666",
        (*harmless(1), *harmless(666)),
        "replaces what writes results",
    ),
    ImportAttack(
        "another tool at import",
        "import gc, types\n\n\ndef worse(a: int, b: int) -> int:\n    return 666\n\n\n"
        "gc.unfreeze()\nfor found in gc.get_objects():\n"
        "    if type(found) is types.FunctionType and found.__name__ == 'add':\n"
        "        found.__code__ = worse.__code__",
        harmless(1),
        "replaces another tool's code",
    ),
    ImportAttack(
        "environment for others", "import os\nos.environ['PWNED'] = 'x'", harmless(1), "sets environment variables"
    ),
    ImportAttack(
        "precision for others",
        "import decimal\ndecimal.getcontext().prec = 3",
        harmless(1),
        "changes the precision of decimals",
    ),
    ImportAttack(
        "json when kept",
        _AFTER_A_CALL + "import json\n    json.dumps = lambda *_, **__: '666'",
        harmless(1),
        "replaces json.dumps later",
    ),
)
"""What a module changes for the functions of others, where they are imported into the same process."""
