"""Tools: small utilities for the terminal, the web page, the bookshelf and the workbench."""

import datetime
import fnmatch
import re
import unicodedata
from typing import Annotated, Any, Literal

from pydantic import Field

CATEGORY = "Tools"

_CRON_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
_CRON_ITEM = re.compile(r"(?:(\*)|(\d+)(?:-(\d+))?)(?:/(\d+))?")
_CRON_HORIZON_DAYS = 8 * 366  # 29 February can be eight years away, around 2100


def cron_next_run(
    expression: Annotated[
        str, Field(examples=["0 9 * * 1-5", "*/15 * * * *", "30 2 1 * *", "0 0 * * 0", "45 23 31 12 *", "0 6,18 * * *"])
    ],
    after: datetime.datetime,
    runs: Annotated[int, Field(ge=1, le=20)] = 1,
) -> list[str]:
    """Say when a cron job runs next, from its crontab expression.

    Args:
        expression: Five crontab fields in digits: minute, hour, day of month, month, day of week (0 or 7 is Sunday),
            with ``*``, lists, ranges and steps.
        after: The moment after which to look, as YYYY-MM-DDTHH:MM:SS.
        runs: How many coming runs to list.

    Returns:
        The coming runs in order, each as YYYY-MM-DDTHH:MM.

    Raises:
        ValueError: The expression is malformed, or never comes true.

    Source: crontab(5) of Vixie cron; IEEE Std 1003.1 (POSIX), crontab. Where both days are restricted, either suffices.
    """
    fields = expression.split()
    if len(fields) != len(_CRON_FIELDS):
        raise ValueError(f"a cron expression has five fields separated by spaces, not {len(fields)}: {expression!r}")
    minutes, hours, month_days, months, week_days = (
        _cron_values(field, *bounds) for field, bounds in zip(fields, _CRON_FIELDS, strict=True)
    )
    either_day = not fields[2].startswith("*") and not fields[4].startswith("*")
    found: list[str] = []
    day = after.replace(hour=0, minute=0, second=0, microsecond=0)
    for _ in range(_CRON_HORIZON_DAYS * runs):
        by_date, by_weekday = day.day in month_days, bool({day.isoweekday(), day.isoweekday() % 7} & week_days)
        if day.month in months and (by_date or by_weekday if either_day else by_date and by_weekday):
            moments = (day.replace(hour=hour, minute=minute) for hour in sorted(hours) for minute in sorted(minutes))
            found += [moment.strftime("%Y-%m-%dT%H:%M") for moment in moments if moment > after]
        if len(found) >= runs:
            return found[:runs]
        day += datetime.timedelta(days=1)
    raise ValueError(f"the cron expression {expression!r} never comes true")


def _cron_values(field: str, name: str, lowest: int, highest: int) -> set[int]:
    values: set[int] = set()
    for item in field.split(","):
        match = _CRON_ITEM.fullmatch(item)
        if not match:
            raise ValueError(f"cannot read {item!r} in the {name} field of the cron expression")
        star, first, last, step = match.groups()
        begin = lowest if star else int(first)
        end = int(last) if last else (highest if star or step else begin)
        if not lowest <= begin <= end <= highest or step == "0":
            raise ValueError(f"{item!r} is out of range for the {name} field ({lowest} to {highest})")
        values.update(range(begin, end + 1, int(step or 1)))
    return values


def unix_permission_string(
    mode: Annotated[str, Field(pattern=r"^[0-7]{3}$", examples=["755", "644", "600", "700", "664", "400"])],
) -> dict[str, str]:
    """Explain an octal file mode, as given to chmod, as the letters that ls shows and in words.

    Args:
        mode: Three octal digits for owner, group and others.

    Returns:
        ``symbolic`` such as "rwxr-xr-x", and what ``owner``, ``group`` and ``others`` may do.

    Raises:
        ValueError: The mode is not three octal digits.

    Source: IEEE Std 1003.1 (POSIX), chmod.
    """
    if not re.fullmatch("[0-7]{3}", mode):
        raise ValueError(f"mode must be three octal digits such as 644, not {mode!r}")
    rights = ((4, "r", "read"), (2, "w", "write"), (1, "x", "execute"))
    digits = [int(digit) for digit in mode]
    explained = {"symbolic": "".join(letter if digit & bit else "-" for digit in digits for bit, letter, _ in rights)}
    for who, digit in zip(("owner", "group", "others"), digits, strict=True):
        explained[who] = ", ".join(word for bit, _, word in rights if digit & bit) or "nothing"
    return explained


_HexColor = Annotated[
    str,
    Field(pattern=r"^#[0-9A-Fa-f]{6}$", examples=["#1A1A2E", "#FFFFFF", "#0057B7", "#FFD700", "#767676"]),
]


def color_contrast_ratio(foreground: _HexColor, background: _HexColor, large_text: bool = False) -> dict[str, Any]:
    """Check whether text in one color is readable on another by the web accessibility guidelines (WCAG).

    Args:
        foreground: Color of the text as #RRGGBB.
        background: Color behind it as #RRGGBB.
        large_text: Whether the text is large, at least 18 point or 14 point bold, which needs less contrast.

    Returns:
        ``ratio`` from 1 to 21, and whether it reaches levels ``aa`` and ``aaa``.

    Raises:
        ValueError: A color is not of the form #RRGGBB.

    Source: W3C, Web Content Accessibility Guidelines 2.1, success criteria 1.4.3 and 1.4.6.
    """
    lighter, darker = sorted((_relative_luminance(foreground), _relative_luminance(background)), reverse=True)
    ratio = (lighter + 0.05) / (darker + 0.05)
    return {
        "ratio": round(ratio, 2),
        "aa": ratio >= (3 if large_text else 4.5),
        "aaa": ratio >= (4.5 if large_text else 7),
    }


def _relative_luminance(color: str) -> float:
    if not re.fullmatch("#[0-9A-Fa-f]{6}", color):
        raise ValueError(f"a color must be of the form #RRGGBB, not {color!r}")
    channels = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def isbn10_to_isbn13(
    isbn10: Annotated[
        str,
        Field(
            pattern=r"^[0-9-]{9,12}[0-9Xx]$",
            examples=["0-306-40615-2", "0131103628", "0-8044-2957-X", "0747532699", "0-262-03384-4", "0201633612"],
        ),
    ],
) -> str:
    """Convert a ten-digit ISBN of an older book into the thirteen-digit form that is used today.

    Args:
        isbn10: The old number with its check digit, with or without hyphens.

    Returns:
        The thirteen digits without hyphens.

    Raises:
        ValueError: There are not ten digits, or the check digit is wrong.

    Source: ISO 2108; International ISBN Agency, "ISBN Users' Manual", check digit calculation.
    """
    digits = isbn10.replace("-", "").upper()
    if not re.fullmatch("[0-9]{9}[0-9X]", digits):
        raise ValueError(f"{isbn10!r} does not have ten digits")
    values = [10 if digit == "X" else int(digit) for digit in digits]
    if sum(weight * value for weight, value in zip(range(10, 0, -1), values, strict=True)) % 11:
        raise ValueError(f"the check digit of {isbn10!r} is wrong")
    body = "978" + digits[:9]
    check = -sum((3 if position % 2 else 1) * int(digit) for position, digit in enumerate(body)) % 10
    return f"{body}{check}"


def slugify_title(
    title: Annotated[
        str,
        Field(
            examples=[
                "10 Tips for Better Sleep",
                "Crème Brûlée at Home",
                "What's New in Our Garden?",
                "Budget 2026: A First Look",
                "Señor López & Sons",
                "How to Fix a Flat Tire",
            ]
        ),
    ],
    separator: Literal["hyphen", "underscore"] = "hyphen",
    max_length: Annotated[int, Field(ge=1, le=255)] | None = None,
) -> str:
    """Turn a headline into a slug for a web address or file name: lower case, no accents, no punctuation.

    Args:
        title: The headline or name.
        separator: What stands between words.
        max_length: Most characters that the slug may have; whole words are dropped at the end.

    Returns:
        The slug, such as "creme-brulee-at-home".

    Raises:
        ValueError: The title has no letters or digits that can stand in a slug, or its first word is too long.

    Source: Unicode Standard Annex 15 (decomposition NFKD) for dropping accents.
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", re.sub(r"'", "", plain))
    joint = {"hyphen": "-", "underscore": "_"}[separator]
    while max_length is not None and len(joint.join(words)) > max_length:
        words.pop()
    if not words:
        raise ValueError(f"no slug can be made of {title!r} within the length allowed")
    return joint.join(words)


# ISO 261/262 coarse pitch and ISO 273 clearance hole (medium series), in millimetres.
_METRIC_THREADS = {
    "M2": (2, 0.4, 2.4),
    "M2.5": (2.5, 0.45, 2.9),
    "M3": (3, 0.5, 3.4),
    "M4": (4, 0.7, 4.5),
    "M5": (5, 0.8, 5.5),
    "M6": (6, 1.0, 6.6),
    "M8": (8, 1.25, 9.0),
    "M10": (10, 1.5, 11.0),
    "M12": (12, 1.75, 13.5),
    "M14": (14, 2.0, 15.5),
    "M16": (16, 2.0, 17.5),
    "M18": (18, 2.5, 20.0),
    "M20": (20, 2.5, 22.0),
    "M22": (22, 2.5, 24.0),
    "M24": (24, 3.0, 26.0),
}


def metric_thread_drill(
    thread: Literal["M2", "M2.5", "M3", "M4", "M5", "M6", "M8", "M10", "M12", "M14", "M16", "M18", "M20", "M22", "M24"],
    fine_pitch_mm: Annotated[float, Field(gt=0, le=3)] | None = None,
) -> dict[str, float]:
    """Which hole to drill for a metric screw thread: to tap the thread, or to let the screw pass through.

    Args:
        thread: Nominal size of the thread.
        fine_pitch_mm: Pitch of a fine thread in millimetres; without it, the standard coarse pitch.

    Returns:
        ``pitch_mm``, ``tap_drill_mm`` (nominal diameter minus pitch) and ``clearance_hole_mm``.

    Raises:
        ValueError: The fine pitch is coarser than the standard one.

    Source: ISO 261 and ISO 262 (threads), ISO 273 (clearance holes, medium series).
    """
    diameter, coarse, clearance = _METRIC_THREADS[thread]
    pitch = coarse if fine_pitch_mm is None else fine_pitch_mm
    if pitch > coarse:
        raise ValueError(f"fine_pitch_mm of {thread} must not exceed its coarse pitch of {coarse} mm")
    return {"pitch_mm": pitch, "tap_drill_mm": round(diameter - pitch, 2), "clearance_hole_mm": clearance}


def filter_names_by_wildcard(
    names: Annotated[list[str], Field(min_length=1, examples=[["IMG_001.jpg", "notes.txt", "report.pdf"]])],
    pattern: Annotated[str, Field(examples=["*.jpg", "report_*", "IMG_00?.png", "*.tar.gz", "backup-202[45]*"])],
    case_sensitive: bool = False,
) -> list[str]:
    """Pick the file names that a shell wildcard pattern matches.

    Args:
        names: File names to choose from.
        pattern: Wildcard pattern: ``*`` for any characters, ``?`` for one, ``[...]`` for one of a set.
        case_sensitive: Whether capital and small letters are told apart (case sensitive).

    Returns:
        The matching names in the order given; an empty list where none matches.

    Source: IEEE Std 1003.1 (POSIX), Shell Command Language, pattern matching notation.
    """
    if case_sensitive:
        return [name for name in names if fnmatch.fnmatchcase(name, pattern)]
    return [name for name in names if fnmatch.fnmatchcase(name.lower(), pattern.lower())]
