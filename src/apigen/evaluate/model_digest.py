"""Identifies a model exactly, so that work is not resumed with another model of the same name."""

import hashlib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import msgspec

_PARTS = (
    "*.safetensors",
    "*.bin",
    "*.index.json",
    "config.json",
    "generation_config.json",
    "adapter_config.json",
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab*",
    "merges.txt",
    "*.jinja",
)
"""What a model's folder holds that decides its answers: weights, an adapter, the tokenizer and its chat template."""
_TRAINERS = ("training_args.bin", "optimizer.bin", "scheduler.bin")
"""What trainers leave beside them."""

_PIECE, _PIECES = 2**20, 64
"""Of a larger file so many pieces of so many bytes are read, evenly from its beginning to its end."""
_PATIENCE_S = 10


def model_digest(model: str) -> str:
    """A short text that changes when the model does.

    Args:
        model: a folder, or a name on the hub; empty for none, as of a model from scratch.

    Returns:
        A digest of a folder's files, and of the base of an adapter; the revision of a name; empty where neither is
        known.
    """
    folder = Path(model).expanduser()
    if not model:
        return ""
    if folder.is_dir():
        return _of_folder(folder, frozenset())
    return _on_the_hub(model) or _downloaded(model)


def _of_folder(folder: Path, above: frozenset[Path]) -> str:
    digest = hashlib.sha256()
    for path in _parts(folder):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder).as_posix()} {size}\n".encode())
        with path.open("rb") as file:
            for start, length in _pieces(size):
                file.seek(start)
                digest.update(file.read(length))
    if base := _base(folder):
        here = above | {folder.resolve()}
        again = Path(base).expanduser()
        known = "" if again.resolve() in here else _of_folder(again, here) if again.is_dir() else _downloaded(base)
        digest.update(f"base {known}\n".encode())
    return digest.hexdigest()[:16]


def _parts(folder: Path) -> Iterator[Path]:
    """The files that count: of the folder itself, and chat templates of several names one level down."""
    for path in sorted([*folder.iterdir(), *folder.glob("additional_chat_templates/*")]):
        counts = any(fnmatch(path.name, one) for one in _PARTS) and path.name not in _TRAINERS
        if counts and path.is_file():
            yield path


def _pieces(size: int) -> Iterator[tuple[int, int]]:
    """Where to read a file of that size, and how much: all of it where that is no more."""
    if size <= _PIECE * _PIECES:
        yield 0, size
        return
    for number in range(_PIECES):
        yield (size - _PIECE) * number // (_PIECES - 1), _PIECE


def _base(folder: Path) -> str:
    """The model that an adapter is of; empty where there is no adapter."""
    try:
        said = msgspec.json.decode((folder / "adapter_config.json").read_bytes(), type=dict[str, msgspec.Raw])
        return msgspec.json.decode(said["base_model_name_or_path"], type=str)
    except (OSError, KeyError, msgspec.MsgspecError):
        return ""


def _on_the_hub(name: str) -> str:
    """The revision that the hub has; empty where it does not say."""
    try:
        from huggingface_hub import HfApi  # noqa: PLC0415 - of an extra

        found = HfApi().model_info(name, timeout=_PATIENCE_S).sha
    except Exception:  # noqa: BLE001 - what a connection fails with is another library's in each version
        return ""
    return found or ""


def _downloaded(name: str) -> str:
    """The revision that was downloaded before; empty where none was."""
    try:
        from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415 - of an extra

        path = try_to_load_from_cache(name, "config.json")
    except (ImportError, ValueError):
        return ""
    return Path(path).parent.name if isinstance(path, str) else ""
