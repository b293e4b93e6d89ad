"""The folder of an evaluation: its settings, every answer as it came, and in the end the figures.

``answers.jsonl`` is the source; all else is computed from it and the suite. Lines are written whole, so a kill loses
only the answers in flight.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import msgspec

from apigen.errors import UserError
from apigen.evaluate.asking.answer_record import AnswerRecord
from apigen.files import DirectoryLock, LineWriter, replacing, whole_lines
from apigen.records import Json

EVALUATION = "evaluation.json"
ANSWERS = "answers.jsonl"
VERDICTS = "verdicts.jsonl"
REPORT = "report.html"

_decoder = msgspec.json.Decoder(AnswerRecord)

_WAYS_OUT = {
    "base_urls": f"choose another --out; where the same model moved to another address, edit base_urls in {EVALUATION}",
    "version": "choose another --out: the questions, or the rules of scoring, have changed",
    "model_digest": "choose another --out: the model has changed",
    "prompt_version": "choose another --out: this version of apigen words its prompts differently",
}
"""What to do where a setting changed that no option restores."""


class Settings(msgspec.Struct, frozen=True):
    """What affects the answers; an evaluation is only resumed with the same settings."""

    suite: str
    model: str
    form: str
    temperature: float
    max_tokens: int
    version: str
    limit: int | None = None
    """At most so many questions per category; it may grow, since a larger sample contains the smaller one."""
    seed: int = 0
    """Of the sample."""
    extra: dict[str, Json] = {}
    """Fields added to every request."""
    base_urls: tuple[str, ...] = ()
    """The endpoints that answer, without queries: another server may hold another model of the same name."""
    prompt_version: str = ""
    """Of the wording and layout of prompts, see :func:`apigen.dialogue.form.prompt_version`."""
    model_digest: str = ""
    """Of a local model's weights, tokenizer and chat template; of a server's model it is unknown."""


class Kept:
    """An open folder, locked against a second writer.

    Args:
        path: the folder.
        settings: of the evaluation.

    Raises:
        UserError: another process is using it.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        self.path = path
        self.settings = settings
        self.answers: dict[str, AnswerRecord] = {}
        """The answers so far; on resuming, errors are dropped, so that those questions are asked again."""
        self._lock = DirectoryLock(path)
        self._writer: LineWriter | None = None

    @classmethod
    def create(cls, path: Path, settings: Settings) -> Self:
        """Make a new folder; one of an evaluation in which no question was answered is used again.

        Raises:
            UserError: the folder holds something, or cannot be created.
        """
        require_free(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"{path}: cannot be created: {error.strerror}; choose another --out") from None
        kept = cls(path, settings)
        try:
            require_free(path)  # nobody writes there from now on
            for name in (ANSWERS, VERDICTS, REPORT):
                (path / name).unlink(missing_ok=True)
            kept.describe({"status": "asking"})
        except BaseException:
            kept.close()
            raise
        return kept

    @classmethod
    def resume(cls, path: Path, settings: Settings) -> Self:
        """Open a folder to resume it: errors and a torn last line are dropped, so that they are asked again.

        Raises:
            UserError: there is no evaluation, its settings differ, or its answers are damaged.
        """
        require_same_settings(path, settings)
        kept = cls(path, settings)
        try:
            kept.answers = {one.id: one for one in read_answer_records(path) if one.error is None}
            kept.write(ANSWERS, (msgspec.json.encode(one) + b"\n" for one in kept.answers.values()))
        except BaseException:
            kept.close()
            raise
        return kept

    @property
    def model(self) -> str:
        """The model that is asked."""
        return self.settings.model

    def add(self, one: AnswerRecord) -> None:
        """Keep an answer; it has reached the operating system when this returns."""
        if self._writer is None:
            self._writer = LineWriter(self.path / ANSWERS)
        self._writer.write(msgspec.json.encode(one) + b"\n")
        self.answers[one.id] = one

    def describe(self, found: Mapping[str, Any]) -> None:
        """Write evaluation.json."""
        settings: dict[str, Any] = msgspec.to_builtins(self.settings)
        with replacing(self.path / EVALUATION) as file:
            file.write(msgspec.json.format(msgspec.json.encode({**settings, **found}), indent=2) + b"\n")

    def write(self, name: str, lines: Iterable[bytes]) -> None:
        """Write another of its files, whole."""
        with replacing(self.path / name) as file:
            file.writelines(lines)

    def close(self) -> None:
        """Make sure that answers survive a power cut, and release the folder."""
        if self._writer is not None:
            self._writer.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def require_same_settings(path: Path, settings: Settings) -> None:
    """Refuse to resume an evaluation with other settings; the limit may grow.

    Raises:
        UserError: there is no evaluation, or its settings differ.
    """
    before = read_settings(path)
    for name in Settings.__struct_fields__:
        then, now = getattr(before, name), getattr(settings, name)
        if then != now and not (name == "limit" and then is not None and (now is None or now > then)):
            raise UserError(
                f"{path}: cannot resume: {name} changed from {_json(then)} to {_json(now)}; "
                f"{_WAYS_OUT.get(name, 'restore the earlier value, or choose another --out')}"
            )


def require_free(path: Path) -> None:
    """Refuse a folder that holds more than hidden files and an evaluation in which no question was answered.

    Raises:
        UserError: it does.
    """
    if not path.exists():
        return
    held = {entry.name for entry in path.iterdir() if not entry.name.startswith(".")} if path.is_dir() else {path.name}
    if not held:
        return
    begun = EVALUATION in held and path.is_dir()
    if not begun or held - {EVALUATION, ANSWERS, VERDICTS, REPORT} or _has_answers(path):
        raise UserError(f"{path}: already exists; {'add --resume, or ' if begun else ''}choose another --out")


def _has_answers(path: Path) -> bool:
    try:
        return any(one.error is None for one in read_answer_records(path))
    except UserError:
        return True  # damaged ones


def read_evaluation(path: Path) -> dict[str, Any]:
    """The content of evaluation.json.

    Raises:
        UserError: there is none, or it cannot be read.
    """
    try:
        return msgspec.json.decode((path / EVALUATION).read_bytes(), type=dict[str, Any])
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"{path}: no {EVALUATION} in it; give the --out folder of `apigen evaluate --model`") from None
    except (OSError, msgspec.MsgspecError) as error:
        raise UserError(f"{path / EVALUATION}: cannot be read: {error}") from None


def read_settings(path: Path) -> Settings:
    """The settings of an evaluation.

    Raises:
        UserError: there is no evaluation, or settings are missing.
    """
    try:
        return msgspec.convert(read_evaluation(path), Settings)
    except msgspec.ValidationError as error:
        raise UserError(
            f"{path / EVALUATION}: is not an evaluation ({error}); restore the file, or evaluate again"
        ) from None


def read_answer_records(path: Path) -> Iterator[AnswerRecord]:
    """Every whole line of answers, without a torn last one.

    Raises:
        UserError: a line is not an answer.
    """
    file = path / ANSWERS
    if not file.exists():
        return
    for number, (_, line) in enumerate(whole_lines(file), 1):
        try:
            yield _decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise UserError(f"{file} line {number}: is not a valid answer ({error}); fix or remove the line") from None


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
