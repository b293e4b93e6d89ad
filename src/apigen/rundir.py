"""The run directory: what a run writes, and how it is found again after a kill.

``attempts.jsonl`` is the source of truth. Its lines are in request order, whatever order requests finished in, and
``dataset.jsonl`` is derived from it, so a resumed run ends with the same bytes as one that was never interrupted.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Self, TypeVar

import msgspec
import yaml

from apigen import swap
from apigen.attempts import encode_attempt, read_requests
from apigen.config import Config
from apigen.errors import UserError
from apigen.files import DirectoryLock, LineWriter, replacing, whole_lines
from apigen.library.base import Loaded
from apigen.library.catalogue import Library
from apigen.library.file_reading import read_library_file
from apigen.library.file_writing import write_library
from apigen.records import Attempt, Outcome, Request, Sample, Stage, Tool
from apigen.sampling.drawing import Past

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
FILES = frozenset((CONFIG, LIBRARY, ATTEMPTS, DATASET, XLAM, MANIFEST, REPORT, CARD, COMPLETIONS, BATCHES))
"""All of these names."""

_Record = TypeVar("_Record")

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
        """Create a run directory and write the configuration and the library.

        Raises:
            UserError: the directory is in use.
        """
        if path.exists() and not _is_free(path):
            hint = "add --resume to continue it, or choose another --out"
            raise UserError(f"{path}: already exists; {hint if is_run(path) else 'choose another --out'}")
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"{path}: cannot be created ({error.strerror}); choose another --out") from None
        run = cls(path, config)
        loaded = Loaded(library.tools, library.seeds, library.skipped, library.notes)
        write_library(path / LIBRARY, loaded, config.library)
        run.write_config()
        return run

    @classmethod
    def resume(cls, path: Path, config: Config) -> Self:
        """Open an existing run directory to continue it.

        Raises:
            UserError: there is no run, or another process is working in it.
        """
        require_run(path)
        run = cls(path, config)
        run._finish_swap()
        return run

    def write_config(self) -> None:
        """Write the resolved configuration."""
        with replacing(self.path / CONFIG) as file:
            file.write(b"# Everything that decides this run. `apigen run config.yaml --out NEW` repeats it.\n")
            if self.config.models[0].name.startswith("simulated/"):
                file.write(b"# No language model wrote this data: the writer is a simulation that errs on purpose.\n")
            elif not self.config.models[0].name.startswith("openai/"):
                file.write(b"# No language model wrote this data: the writer is apigen's offline recombiner.\n")
            file.write(self.config.to_yaml().encode())

    def committed(self) -> Iterator[tuple[Attempt, ...]]:
        """The attempts of each finished request, in order; then the file is truncated after the last of them."""
        good = 0
        for end, attempts in self._finished(self.past.written):
            yield attempts
            good = end
        path = self.path / ATTEMPTS
        if path.exists() and good < path.stat().st_size:
            with path.open("r+b") as file:
                file.truncate(good)

    def written(self) -> Iterator[tuple[Attempt, ...]]:
        """The attempts of each request that the writer answered, in order; the file is unchanged."""
        return (attempts for _, attempts in self._finished(sys.maxsize))

    def _finished(self, before: int) -> Iterator[tuple[int, tuple[Attempt, ...]]]:
        """The attempts of each finished request with the offset at which they end.

        A kill can leave a torn line or an incomplete request: both are skipped and repeated from the kept completions.
        So are the last requests if all of them are errors: a model that refused everything then may answer now.

        Args:
            before: of this many requests, from the first, the attempts stay: they would be drawn differently now, so
                another completion would have to be paid for.
        """
        in_doubt: list[tuple[int, tuple[Attempt, ...]]] = []
        for end, attempts in read_requests(self.path / ATTEMPTS):
            in_doubt.append((end, attempts))
            written = attempts[0].request < before and attempts[0].verdicts[0].stage is not Stage.GENERATION
            if written or any(one.outcome is not Outcome.ERROR for one in attempts):
                yield from in_doubt
                in_doubt = []

    @property
    def reverified(self) -> Sequence[dict[str, Any]]:
        """The manifest's record of each re-verification."""
        return read_manifest(self.path).get("reverified", ()) if (self.path / MANIFEST).is_file() else ()

    @cached_property
    def past(self) -> Past:
        """What was drawn before the last re-verification.

        Raises:
            UserError: the file of requests that had been drawn is damaged or gone.
        """
        records = self.reverified
        if not records:
            return Past()
        return Past(int(records[-1]["requests"]), swap.read_drawn(self.path, len(records)))

    def stage(self, digest: str) -> AbstractContextManager[IO[bytes]]:
        """Write new attempts beside the existing ones; :meth:`swap` replaces those with them."""
        return replacing(swap.staged(self.path, digest))

    def swap(self, manifest: dict[str, Any], drawn: Iterable[Request]) -> None:
        """Replace the attempts with the staged ones.

        Args:
            manifest: with the digest that the attempts were staged under, and one more record in ``reverified``.
            drawn: the requests that had been drawn already.
        """
        swap.write_drawn(self.path, len(manifest["reverified"]), drawn)
        self.write_json(MANIFEST, manifest)
        self._finish_swap()

    def _finish_swap(self) -> None:
        digest = read_manifest(self.path).get("config_digest", "") if (self.path / MANIFEST).is_file() else ""
        swap.finish(self.path, self.path / ATTEMPTS, str(digest), len(self.reverified))
        vars(self).pop("past", None)

    def start_dataset(self, samples: Iterator[Sample]) -> int:
        """Rewrite the dataset from samples that are already accepted; returns their number."""
        count = 0
        with replacing(self.path / DATASET) as file:
            for sample in samples:
                file.write(_encoder.encode(sample) + b"\n")
                count += 1
        return count

    def append(self, attempts: Sequence[Attempt], samples: Sequence[Sample]) -> None:
        """Write one finished request: its attempts first, since the dataset can be rebuilt from them."""
        self._attempts = self._attempts or LineWriter(self.path / ATTEMPTS)
        self._dataset = self._dataset or LineWriter(self.path / DATASET)
        self._attempts.write(b"".join(encode_attempt(attempt) for attempt in attempts))
        if samples:
            self._dataset.write(b"".join(_encoder.encode(sample) + b"\n" for sample in samples))

    def write_json(self, name: str, value: dict[str, Any]) -> None:
        """Write a small JSON file, indented for people."""
        with replacing(self.path / name) as file:
            file.write(msgspec.json.format(_encoder.encode(value), indent=2) + b"\n")

    def write_text(self, name: str, text: str) -> None:
        """Write a text file."""
        with replacing(self.path / name) as file:
            file.write(text.encode())

    def close(self) -> None:
        """Close the files and release the lock."""
        for writer in (self._attempts, self._dataset):
            if writer is not None:
                writer.close()
        self._lock.release()


def is_run(path: Path) -> bool:
    """Whether a folder is a run directory."""
    return (path / CONFIG).is_file() and (path / LIBRARY).is_file()


def require_run(path: Path) -> None:
    """Refuse a folder that is not a run directory.

    Raises:
        UserError: it is not.
    """
    if not is_run(path):
        raise UserError(f"{path}: not a run directory; drop --resume, or name the run with --out")


def _is_free(path: Path) -> bool:
    """Whether a run may start there: an empty folder, or one in which a run was killed before it started."""
    beginnings = (".lock", LIBRARY, f".{LIBRARY}.", f".{CONFIG}.")
    return path.is_dir() and all(
        entry.name in beginnings or entry.name.startswith(beginnings[2:]) for entry in path.iterdir()
    )


def read_config(path: Path) -> Config:
    """The configuration that a run was started with.

    Raises:
        UserError: there is no run, or its configuration was damaged.
    """
    require_run(path)
    try:
        return Config.model_validate(yaml.safe_load((path / CONFIG).read_text("utf-8")))
    except (yaml.YAMLError, ValueError, OSError) as error:  # pydantic's and Unicode's errors are ValueErrors
        first = str(error).splitlines()[0]
        raise UserError(f"{path / CONFIG}: was edited and can no longer be read ({first}); restore it") from None


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
        raise UserError(f"{path}: has no {DATASET}; give a run directory")
    return _read(path / DATASET, _sample)


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of a run.

    Raises:
        UserError: there is none.
    """
    try:
        manifest = msgspec.json.decode((path / MANIFEST).read_bytes(), type=dict[str, Any])
    except FileNotFoundError:
        raise UserError(f"{path}: has no {MANIFEST}; give a run directory") from None
    except (OSError, msgspec.MsgspecError) as error:
        raise UserError(f"{path / MANIFEST}: cannot be read ({error}); restore it") from None
    missing = {"status", "samples", "notice", "llm", "counts", "library", "config", "versions", "times"} - set(manifest)
    if missing:
        raise UserError(f"{path / MANIFEST}: not the manifest of a run ({min(missing)!r} is missing); restore it")
    return manifest


def _read(path: Path, decoder: "msgspec.json.Decoder[_Record]") -> Iterator[_Record]:
    for number, (_, line) in enumerate(whole_lines(path), 1):
        try:
            yield decoder.decode(line)
        except msgspec.MsgspecError as error:
            raise UserError(f"{path} line {number}: cannot be read: {error}") from None
