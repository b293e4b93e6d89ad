"""The run directory: what a run writes, and how it is found again after a kill.

``attempts.jsonl`` is the truth. Its lines stand in the order of the requests, whatever order they finished in, and
``dataset.jsonl`` follows from it, so a resumed run ends with the same bytes as one that was never interrupted.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec
import pydantic
import yaml

from apigen.config import Config, flatten, is_free
from apigen.errors import UserError
from apigen.files import DirectoryLock, LineWriter, replacing, whole_lines
from apigen.library.base import Loaded
from apigen.library.catalogue import Library
from apigen.library.file_reading import read_library_file
from apigen.library.file_writing import write_library
from apigen.records import Attempt, Outcome, Sample, Tool

CONFIG = "config.yaml"
LIBRARY = "library.jsonl"
ATTEMPTS = "attempts.jsonl"
DATASET = "dataset.jsonl"
XLAM = "dataset.xlam.json"
MANIFEST = "manifest.json"
REPORT = "report.html"
CARD = "README.md"
COMPLETIONS = "completions.sqlite"
BATCHES = "batches.sqlite"

_Record = TypeVar("_Record")

_attempt = msgspec.json.Decoder(Attempt)
_sample = msgspec.json.Decoder(Sample)
_encoder = msgspec.json.Encoder()


class RunDir:
    """An open run directory, locked against a second writer."""

    def __init__(self, path: Path, config: Config) -> None:
        self.path = path
        self.config = config
        self._lock = DirectoryLock(path)
        self._attempts: LineWriter | None = None
        self._dataset: LineWriter | None = None

    @classmethod
    def create(cls, path: Path, config: Config, library: Library) -> Self:
        """Make a new run directory and write what decides the run.

        Raises:
            UserError: something is already there.
        """
        if path.exists() and not _is_free(path):
            hint = "add --resume to go on with it, or choose another --out"
            raise UserError(f"{path}: exists already; {hint if is_run(path) else 'choose another --out'}")
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"{path}: cannot be made: {error.strerror}; choose another --out") from None
        run = cls(path, config)
        loaded = Loaded(library.tools, library.seeds, library.skipped, library.notes)
        write_library(path / LIBRARY, loaded, config.library)
        run.write_config()
        return run

    @classmethod
    def resume(cls, path: Path, config: Config, library: Library) -> Self:
        """Open an existing run directory to go on with it.

        Raises:
            UserError: nothing is there, or the configuration or the library differ from those it was started with.
        """
        before = read_config(path)
        _require_untouched(path, before, library)
        differing = _differing(before, config)
        if differing:
            raise UserError(
                f"{path}: was started with another configuration; {'; '.join(differing)}. "
                "Resume without these changes, or start a new run with another --out"
            )
        run = cls(path, config)
        run.write_config()
        return run

    def write_config(self) -> None:
        """Write the resolved configuration."""
        with replacing(self.path / CONFIG) as file:
            file.write(b"# Everything that decides this run. `apigen run config.yaml --out NEW` repeats it.\n")
            if not self.config.models[0].name.startswith("openai/"):
                file.write(b"# No language model wrote this data: the writer is apigen's offline recombiner.\n")
            file.write(self.config.to_yaml().encode())

    def committed(self) -> Iterator[tuple[Attempt, ...]]:
        """The attempts of each finished request, in order; then the file is cut behind the last of them.

        A kill can leave a torn line or a request of which only some lines were written: both are cut off and done
        again from the kept completions. So are the last requests if nothing could be said about them: a model that
        refused everything then may answer now.
        """
        path = self.path / ATTEMPTS
        if not path.exists():
            return
        good, request, number = 0, list[Attempt](), 0
        in_doubt: list[tuple[int, tuple[Attempt, ...]]] = []
        for line_number, (end, line) in enumerate(whole_lines(path), 1):
            mend = "cut the file before it, or start a new run with another --out"
            try:
                attempt = _attempt.decode(line)
            except msgspec.MsgspecError as error:
                raise UserError(f"{path} line {line_number}: cannot be read ({error}); {mend}") from None
            if (attempt.request, attempt.pair) != (number, len(request)):
                expected = f"{number}.{len(request)}"
                raise UserError(f"{path} line {line_number}: {attempt.id} stands where {expected} should; {mend}")
            request.append(attempt)
            if attempt.last:
                in_doubt.append((end, tuple(request)))
                if any(one.outcome is not Outcome.ERROR for one in request):
                    for _, attempts in in_doubt:
                        yield attempts
                    good, in_doubt = end, []
                request, number = [], number + 1
        if good < path.stat().st_size:
            with path.open("r+b") as file:
                file.truncate(good)

    def start_dataset(self, samples: Iterator[Sample]) -> int:
        """Write the dataset anew from samples that are already accepted; returns how many they were."""
        count = 0
        with replacing(self.path / DATASET) as file:
            for sample in samples:
                file.write(_encoder.encode(sample) + b"\n")
                count += 1
        return count

    def append(self, attempts: Sequence[Attempt], samples: Sequence[Sample]) -> None:
        """Write one finished request: its attempts first, since the dataset can be made again from them."""
        self._attempts = self._attempts or LineWriter(self.path / ATTEMPTS)
        self._dataset = self._dataset or LineWriter(self.path / DATASET)
        self._attempts.write(b"".join(encode_attempt(attempt) for attempt in attempts))
        if samples:
            self._dataset.write(b"".join(_encoder.encode(sample) + b"\n" for sample in samples))

    def write_json(self, name: str, value: dict[str, Any]) -> None:
        """Write a small JSON file whole, for people to read as well."""
        with replacing(self.path / name) as file:
            file.write(msgspec.json.format(_encoder.encode(value), indent=2) + b"\n")

    def write_text(self, name: str, text: str) -> None:
        """Write a text file whole."""
        with replacing(self.path / name) as file:
            file.write(text.encode())

    def close(self) -> None:
        """Close the files and let another process in."""
        for writer in (self._attempts, self._dataset):
            if writer is not None:
                writer.close()
        self._lock.release()


def encode_attempt(attempt: Attempt) -> bytes:
    """One line of attempts.jsonl. How long a call took is left out: the bytes depend on the seed alone."""
    executions = tuple(msgspec.structs.replace(execution, duration_ms=None) for execution in attempt.executions)
    return _encoder.encode(msgspec.structs.replace(attempt, executions=executions)) + b"\n"


def is_run(path: Path) -> bool:
    """Whether a run was started there."""
    return (path / CONFIG).is_file() and (path / LIBRARY).is_file()


def _is_free(path: Path) -> bool:
    """Whether a run may begin there: an empty folder, or one in which a run was killed before it had begun."""
    beginnings = (".lock", LIBRARY, f".{LIBRARY}.", f".{CONFIG}.")
    return path.is_dir() and all(
        entry.name in beginnings or entry.name.startswith(beginnings[2:]) for entry in path.iterdir()
    )


def read_config(path: Path) -> Config:
    """The configuration that a run was started with.

    Raises:
        UserError: there is no run, or its configuration was damaged.
    """
    if not is_run(path):
        raise UserError(f"{path}: no run was started there; leave --resume out, or give the run's directory with --out")
    try:
        return Config.model_validate(yaml.safe_load((path / CONFIG).read_text("utf-8")))
    except (yaml.YAMLError, ValueError, OSError) as error:  # pydantic's and Unicode's errors are ValueErrors
        first = str(error).splitlines()[0]
        raise UserError(f"{path / CONFIG}: was changed and cannot be read any more ({first}); restore it") from None


def read_library(path: Path) -> list[Tool]:
    """The tools that a run was started with.

    Raises:
        UserError: its library file cannot be read.
    """
    return list(read_library_file(path / LIBRARY).loaded.tools)


def read_samples(path: Path) -> Iterator[Sample]:
    """The dataset of a run, sample by sample.

    Raises:
        UserError: there is no dataset, or a line of it cannot be read.
    """
    if not (path / DATASET).is_file():
        raise UserError(f"{path}: no {DATASET} there; give the directory of a run")
    return _read(path / DATASET, _sample)


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of a run.

    Raises:
        UserError: there is none.
    """
    try:
        manifest = msgspec.json.decode((path / MANIFEST).read_bytes(), type=dict[str, Any])
    except FileNotFoundError:
        raise UserError(f"{path}: no {MANIFEST} there; give the directory of a run") from None
    except (OSError, msgspec.MsgspecError) as error:
        raise UserError(f"{path / MANIFEST}: cannot be read: {error}") from None
    missing = {"status", "samples", "notice", "llm", "counts", "library", "config", "versions", "times"} - set(manifest)
    if missing:
        raise UserError(f"{path / MANIFEST}: is no manifest of a run ({min(missing)!r} is missing); restore it")
    return manifest


def _read(path: Path, decoder: "msgspec.json.Decoder[_Record]") -> Iterator[_Record]:
    for number, (_, line) in enumerate(whole_lines(path), 1):
        try:
            yield decoder.decode(line)
        except msgspec.MsgspecError as error:
            raise UserError(f"{path} line {number}: cannot be read: {error}") from None


def _require_untouched(path: Path, config: Config, library: Library) -> None:
    """Hold configuration, tools and seeds to what they were when the run was started.

    Raises:
        UserError: one of them has changed; going on would mix two runs in one dataset.
    """
    old = {tool.name: tool for tool in read_library(path)}
    new = library.by_name()
    changed = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    if changed:
        raise UserError(
            f"{path}: the library has changed since the run was started ({', '.join(changed[:5])}"
            f"{', ...' if len(changed) > 5 else ''}); restore it, or start a new run with another --out"
        )
    if not (path / MANIFEST).is_file() and not (path / ATTEMPTS).is_file():
        return  # killed before its first manifest, so before anything was written that could be mixed
    manifest = read_manifest(path)
    try:
        started_with = Config.model_validate(manifest["config"])
        digest = manifest["library"]["digest"]
    except (pydantic.ValidationError, KeyError, TypeError):
        raise UserError(f"{path / MANIFEST}: was edited and cannot be read any more; restore it") from None
    if digest != library.digest():
        raise UserError(
            f"{path}: the seed examples have changed since the run was started; restore them, or start a new run "
            "with another --out"
        )
    edited = _differing(started_with, config)
    if edited:
        raise UserError(
            f"{path / CONFIG}: was edited after the run was started; {'; '.join(edited)}. "
            "Restore it, or start a new run with another --out"
        )


def _differing(before: Config, now: Config) -> list[str]:
    """What differs between two configurations and matters, one phrase a key."""
    old, new = flatten(before.model_dump(mode="json")), flatten(now.model_dump(mode="json"))
    missing = object()

    def phrase(key: str) -> str:
        was, is_now = old.get(key, missing), new.get(key, missing)
        return (
            f"{key}: {'not set' if was is missing else was!r} then, {'not set' if is_now is missing else is_now!r} now"
        )

    return [phrase(key) for key in sorted(old.keys() | new.keys()) if not is_free(key) and old.get(key) != new.get(key)]
