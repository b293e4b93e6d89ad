"""Well-behaved functions, called between attacks: they must never notice."""

import json
import math
import os
from collections import Counter
from decimal import Decimal
from pathlib import Path


def add(a: int, b: int) -> int:
    """Add two numbers, by way of what attackers like to patch."""
    return int(json.loads(json.dumps(sum([a, b]))))


def describe(word: str) -> dict[str, str]:
    """Use many parts of Python whose state a call could have changed."""
    scratch = sorted(path.name for path in Path().iterdir())
    Path("note").write_text(word)
    return {
        "word": Path("note").read_text(),
        "letters": json.dumps(dict(sorted(Counter(word).items()))),
        "third": str(Decimal(1) / Decimal(3)),
        "root": f"{math.sqrt(2):.6f}",
        "scratch": ",".join(scratch),
        "folder": Path.cwd().name,
        "variables": ",".join(sorted(os.environ)),
    }
