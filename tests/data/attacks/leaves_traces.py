"""Changes that a later call must not find: each function tells what it found, then changes it.

Never call them outside a sandbox.
"""

import asyncio
import builtins
import codecs
import contextvars
import copyreg
import decimal
import faulthandler
import functools
import gc
import importlib
import json
import locale
import logging
import math
import os
import random
import resource
import signal
import socket
import sys
import tempfile
import threading
import time
import types
import warnings
from pathlib import Path
from typing import Any

_calls: list[int] = []
_variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="clean")


def in_globals() -> int:
    _calls.append(1)
    return len(_calls)


def in_defaults(kept: list[int] | None = None, _hidden: list[int] = []) -> int:  # noqa: B006 - that is the leak
    _hidden.append(1)
    return len(_hidden)


def in_environment() -> bool:
    found = "PWNED" in os.environ
    os.environ["PWNED"] = "x"
    os.environ["PATH"] = "/pwned"
    return found


def in_folder() -> str:
    found = Path.cwd().name
    os.chdir("/")
    return found


def in_scratch() -> list[str]:
    found = sorted(path.name for path in Path().iterdir())
    Path("pwned").write_text("x")
    Path("..", "pwned-too").mkdir()
    return found


def beside_scratch() -> list[str]:
    found = sorted(path.name for path in Path("..").iterdir())
    Path("..", "pwned").mkdir()
    return found


def in_temporary_files() -> int:
    handle, _ = tempfile.mkstemp()
    os.close(handle)
    return len(list(Path(tempfile.gettempdir()).iterdir()))


def in_open_file() -> int:
    return os.open("kept", os.O_CREAT | os.O_RDWR)


def in_mask() -> int:
    return os.umask(0o777)


def in_locale() -> str:
    found = locale.setlocale(locale.LC_ALL)
    locale.setlocale(locale.LC_ALL, "C" if found != "C" else "C.UTF-8")
    return found


def in_time_zone() -> str:
    found = time.strftime("%Z")
    os.environ["TZ"] = "XYZ-5"
    time.tzset()
    return found


def in_decimal_context() -> int:
    found = decimal.getcontext().prec
    decimal.getcontext().prec = 3
    decimal.DefaultContext.prec = 3
    return found


def in_dice() -> float:
    random.seed(random.random())
    return random.random()


def in_warnings() -> int:
    warnings.resetwarnings()
    found = len(warnings.filters)
    warnings.simplefilter("error")
    return found


def in_import_path() -> bool:
    found = "/pwned" in sys.path
    sys.path.insert(0, "/pwned")
    return found


def in_modules() -> bool:
    found = "pwned" in sys.modules
    sys.modules["pwned"] = types.ModuleType("pwned")
    sys.modules["json"] = sys.modules["pwned"]
    return found


def in_import_hooks() -> int:
    found = len(sys.meta_path)
    sys.meta_path.clear()
    importlib.invalidate_caches()
    return found


def in_signal_handlers() -> str:
    found = str(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    return found


def in_signal_mask() -> int:
    return len(signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGCHLD}))


def in_alarm() -> int:
    return int(signal.alarm(1))


def in_limits() -> int:
    found = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))
    return found


def in_priority(usual: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, 0) - usual


def in_recursion_limit() -> int:
    found = sys.getrecursionlimit()
    sys.setrecursionlimit(120)
    return found


def in_digit_limit() -> int:
    found = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    return found


def in_switch_interval() -> float:
    found = sys.getswitchinterval()
    sys.setswitchinterval(1.5)
    return found


def in_collector() -> bool:
    found = gc.isenabled()
    gc.disable()
    gc.set_threshold(1)
    return found


def in_collector_hooks() -> int:
    found = len(gc.callbacks)
    gc.callbacks.append(lambda *_: os._exit(1))
    return found


def in_trace_hooks() -> bool:
    found = sys.gettrace() is None and sys.getprofile() is None
    sys.setprofile(lambda *_: None)
    return found


def in_exception_hooks() -> bool:
    found = sys.excepthook is sys.__excepthook__
    sys.excepthook = lambda *_: os._exit(1)
    return found


def in_fault_handler() -> bool:
    found = faulthandler.is_enabled()
    faulthandler.enable(open(os.devnull, "w"))  # noqa: SIM115, PTH123
    return found


def in_standard_output() -> bool:
    found = sys.stdout is sys.__stdout__
    sys.stdout = None
    return found


def in_sockets() -> bool:
    found = socket.getdefaulttimeout() is None
    socket.setdefaulttimeout(0.001)
    return found


def in_logging() -> int:
    logging.getLogger().addHandler(logging.NullHandler())
    return len(logging.getLogger().handlers)


def in_codecs() -> bool:
    try:
        codecs.lookup_error("pwned")
    except LookupError:
        codecs.register_error("pwned", lambda _: ("", 0))
        return False
    return True


def in_pickling() -> int:
    found = len(copyreg.dispatch_table)
    copyreg.pickle(_Sample, lambda _: "pwned")
    return found


class _Sample:
    kept = 0


def in_classes() -> int:
    _Sample.kept += 1
    return _Sample.kept


@functools.cache
def _now() -> int:
    return time.monotonic_ns()


def in_caches() -> int:
    found = _now.cache_info().currsize
    _now()
    return found


def in_context() -> str:
    found = _variable.get()
    _variable.set("dirty")
    return found


def in_threads() -> int:
    found = threading.active_count()
    threading.Thread(target=time.sleep, args=(60,)).start()
    threading.stack_size(1 << 20)
    return found


def in_event_loop() -> str:
    found = type(asyncio.get_event_loop_policy()).__module__
    asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())
    asyncio.set_event_loop(asyncio.new_event_loop())
    return found


def in_builtins() -> bool:
    found = hasattr(builtins, "pwned")
    setattr(builtins, "pwned", True)  # noqa: B010 - no checker knows of it
    builtins.sorted = lambda *_, **__: []
    return found


def in_constants() -> float:
    found = math.pi
    math.pi = 3  # type: ignore[misc]
    return found


def in_own_code() -> int:
    def worse() -> int:
        return 666

    in_own_code.__code__ = worse.__code__
    return 4


def in_standard_library() -> str:
    found = json.dumps({"a": 1})
    json.dumps = lambda *_, **__: "pwned"
    return found


def in_memory() -> Any:
    """Numbers that Python keeps once for everybody: every 5 becomes a 6."""
    found = 2 + len("abc")
    import ctypes  # noqa: PLC0415 - late, so that the next call has to import it again

    ctypes.c_int32.from_address(id(5) + 24).value = 5
    return found
