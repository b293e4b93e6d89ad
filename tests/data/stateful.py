"""Functions that leave something behind, fail in some calls, or answer by chance. Never call them outside a sandbox."""

import ctypes
import decimal
import functools
import locale
import os
import random
import struct
import sys
import tempfile
import threading
import time
import uuid
from datetime import datetime
from pathlib import Path

_seen: list[int] = []
_latest: dict[str, str] = {}
_kept: list[object] = []


class _Settings:
    unit = "m"


def doubles(x: float) -> float:
    """Behave."""
    return 2 * x


@functools.cache
def remembers_results(x: int) -> int:
    """Behave, with a cache that nobody notices."""
    return x * x


def refuses(x: int) -> int:
    if x % 2:
        raise ValueError(f"{x} is odd")
    return x


def counts(x: int) -> int:
    _seen.append(x)
    return len(_seen)


def greets_the_first(x: int) -> str:
    _seen.append(x)
    return "welcome" if len(_seen) == 1 else "you again"


def keeps_the_unit(x: float, unit: str | None = None) -> str:
    """Take the unit of an earlier call where none is given."""
    if unit is not None:
        _latest["unit"] = unit
    return f"{x} {_latest.get('unit', 'm')}"


def keeps_the_unit_for_some(x: int) -> str:
    """Be changed in the middle only: by what the first and the last call do alike."""
    if x in (0, 9):
        _Settings.unit = "ft"
    return f"{x} {_Settings.unit if x == 5 else ''}"


def changes_a_default(x: int, into: list[int] = []) -> list[int]:  # noqa: B006 - that is the point
    if x > 2:
        into.append(x)
    return [len(into) if x == 0 else 0]


def changes_precision(x: int) -> str:
    if x == 3:
        decimal.getcontext().prec = 5
    return str(decimal.Decimal(1) / decimal.Decimal(x))


def changes_the_environment(x: int) -> str:
    if x == 3:
        os.environ["TZ"] = "Asia/Riyadh"
        time.tzset()
    return datetime.fromtimestamp(x * 1e6).isoformat()  # noqa: DTZ006 - the local zone is what leaks


def changes_the_locale(x: int) -> str:
    if x == 3:
        locale.setlocale(locale.LC_ALL, "C")
    return locale.setlocale(locale.LC_ALL)


def moves(x: int) -> str:
    if x == 3:
        Path("deeper").mkdir()
        os.chdir("deeper")
    return Path.cwd().name


def patches_its_neighbour(x: int) -> int:
    if x == 3:
        globals()["_helper"] = lambda y: -y
    return _helper(x)


def _helper(x: int) -> int:
    return x


def litters(x: int) -> list[str]:
    found = sorted(os.listdir())  # noqa: PTH208
    Path(f"{x}.txt").write_text("left")
    return found


def litters_and_tidies(x: int) -> str:
    """Leave a file in one call and take it away in the next."""
    path = Path("note")
    if path.exists():
        path.unlink()
        return "found"
    path.write_text("x")
    return "wrote"


def uses_a_temporary_file(x: int) -> str:
    """Behave."""
    with tempfile.NamedTemporaryFile("w+") as file:
        file.write(str(x))
        file.seek(0)
        return file.read()


def hangs(x: int) -> int:
    while x == 3:
        pass
    return x


def sleeps(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def dies(x: int) -> int:
    if x == 3:
        os._exit(4)
    if x == 5:
        ctypes.string_at(0)
    return x


def leaves(x: int) -> int:
    if x == 3:
        sys.exit("gone")
    return x


def hoards(mib: int) -> int:
    _kept.append(bytearray(mib << 20))
    return mib


def keeps_files_open(x: int) -> int:
    _kept.append([open(os.devnull) for _ in range(40)])  # noqa: SIM115, PTH123
    return x


def starts_a_thread(x: int) -> int:
    threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
    return threading.active_count() + x


def recurses(x: int) -> int:
    """Tell how deep the stack may still grow."""
    try:
        return recurses(x + 1)
    except RecursionError:
        return x


def answers_at_length(kib: int) -> str:
    return "x" * (kib << 10)


def rolls(sides: int) -> int:
    return random.randint(1, sides)


def names(x: int) -> str:
    return f"{x}-{uuid.uuid4()}"


def stamps(x: int) -> str:
    return f"{x} at {datetime.now().isoformat()}.{time.perf_counter_ns()}"  # noqa: DTZ005


def fails_by_chance(x: int) -> int:
    if os.urandom(4) < b"\x80":
        raise ValueError("tails")
    raise RuntimeError("heads")


def _framed(text: str) -> bytes:
    body = b'{"result":"' + text.encode() + b'"}'
    return b"R" + struct.pack(">I", len(body)) + body


def forges_one(text: str) -> str:
    os.write(3, _framed(text))
    return "honest"


def forges_all(text: str) -> str:
    """Answer for calls that were not made yet, and end."""
    os.write(3, _framed(text) * 5 + b"Fc")
    os._exit(0)


def forges_the_end(text: str) -> str:
    os.write(3, b"Fc")
    return text


def writes_noise(text: str) -> str:
    os.write(3, os.urandom(64))
    return text


def closes_its_pipe(x: int) -> int:
    if x == 3:
        os.close(3)
    return x


def looks_around(x: int) -> list[object]:
    """Tell what a series could tell from a single call."""
    descriptors = []
    for descriptor in range(64):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        descriptors.append(descriptor)
    return [x, descriptors, Path.cwd().name, sorted(os.environ)]
