"""A model in a folder, generating through transformers: the one place that knows torch."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import msgspec

from apigen.errors import UserError, in_one_line
from apigen.evaluate.asking.base import Prompt
from apigen.evaluate.asking.template import ChatTemplate
from apigen.extra import INSTALL
from apigen.training_folder import require_finished


class Generated(msgspec.Struct, frozen=True):
    """What was generated for one prompt."""

    text: str
    """Including special tokens, since some call notations consist of them."""
    tokens: int
    cut: bool
    """Whether it was truncated before an end token."""


class NoRoom(Exception):  # noqa: N818 - a state of the machine
    """The batch does not fit into memory."""


def load(folder: Path, device: str | None = None) -> tuple[Any, Any]:
    """Load what ``save_pretrained`` wrote; an adapter is loaded onto its base.

    Args:
        folder: with model and tokenizer; nothing is downloaded.
        device: as torch names it; :func:`default_device` by default.

    Returns:
        Model, ready to answer, and tokenizer.

    Raises:
        UserError: transformers is not installed, or the folder cannot be loaded or has no finished training.
    """
    try:
        import torch  # noqa: F401, PLC0415 - of an extra
        import transformers  # noqa: PLC0415
    except ImportError as missing:
        raise UserError(f"local:{folder}: {missing.name} is not installed: {INSTALL}") from None
    if not folder.is_dir():
        raise UserError(f"local:{folder}: no such folder")
    require_finished(folder)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    place = device or default_device()
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype="auto", local_files_only=True)
        model = model.to(place).eval()
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as problem:
        raise UserError(f"local:{folder}: cannot be loaded by transformers ({in_one_line(problem)})") from None
    return model, tokenizer


def default_device() -> str:
    """The first CUDA device, else Apple's GPU, else the CPU."""
    import torch  # noqa: PLC0415 - of an extra

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


class Generator:
    """A model with its tokenizer, answering greedily.

    Args:
        model: of transformers, for causal language modelling.
        tokenizer: with a chat template.
        name: used in messages.

    Raises:
        UserError: the tokenizer has no chat template.
    """

    def __init__(self, model: Any, tokenizer: Any, name: str) -> None:
        self.name = name
        self._model = model
        self._tokenizer = tokenizer
        self._pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id or 0
        self._ends = _ends(model, tokenizer)
        self._template = ChatTemplate(tokenizer, name, lambda said: self._cut(self._encoded(said)).text)
        # Of a multimodal model, the text decoder counts.
        self._positions: int | None = getattr(
            model.config.get_text_config(decoder=True), "max_position_embeddings", None
        )

    @classmethod
    def load(cls, folder: Path, device: str | None = None) -> Self:
        """Load what ``save_pretrained`` wrote; an adapter is loaded onto its base.

        Args:
            folder: with model and tokenizer; nothing is downloaded.
            device: as torch names it; :func:`default_device` by default.

        Raises:
            UserError: transformers is not installed, or the folder cannot be loaded.
        """
        model, tokenizer = load(folder, device)
        return cls(model, tokenizer, f"local:{folder}")

    def prompt(self, put: Prompt) -> str:
        """The text that the chat template makes of a question.

        Raises:
            UserError: the template takes no tools, writes calls that cannot be read, or refuses the messages.
        """
        return self._template.prompt(put)

    def require_native(self) -> None:
        """Check that the template takes tools and that its calls can be parsed.

        Raises:
            UserError: they cannot.
        """
        self._template.require_native()

    def length(self, prompt: str) -> int:
        """How many tokens a prompt has."""
        return len(self._encoded(prompt))

    def room(self, length: int, most: int) -> int:
        """Max new tokens after a prompt of that length: ``most``, or what the context window leaves."""
        return most if self._positions is None else min(most, self._positions - length)

    def too_long(self, length: int) -> str:
        """Why a prompt of that length cannot be answered; empty where it can."""
        if self._positions is None or length < self._positions:
            return ""
        return f"the prompt has {length:,} tokens; the context window holds {self._positions:,} including the answer"

    def generate(self, prompts: Sequence[str], most: int) -> list[Generated]:
        """Continue several prompts at once, greedily.

        The longest prompt limits the answers of all: batch prompts with the same :meth:`room`.

        Raises:
            NoRoom: the batch does not fit into memory.
        """
        import torch  # noqa: PLC0415 - of an extra

        encoded = [self._encoded(prompt) for prompt in prompts]
        longest = max(map(len, encoded))
        # On the left, so that each prompt ends where its answer begins.
        ids = torch.tensor([[self._pad] * (longest - len(one)) + one for one in encoded], device=self._model.device)
        mask = torch.tensor([[0] * (longest - len(one)) + [1] * len(one) for one in encoded], device=self._model.device)
        room = self.room(longest, most)
        try:
            with torch.inference_mode(), _greedily(self._model, room, self._pad, self._ends) as settings:
                out = self._model.generate(input_ids=ids, attention_mask=mask, generation_config=settings)
        except RuntimeError as error:
            # Apple's backend has no exception of its own for this.
            if not isinstance(error, torch.OutOfMemoryError) and "out of memory" not in str(error):
                raise
            torch.cuda.empty_cache()
            if torch.backends.mps.is_available():
                torch.mps.empty_cache()
            raise NoRoom from None
        return [self._cut(row[longest:].tolist()) for row in out]

    def _encoded(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def _cut(self, tokens: list[int]) -> Generated:
        end = next((at for at, token in enumerate(tokens) if token in self._ends), None)
        written = tokens if end is None else tokens[:end]
        text: str = self._tokenizer.decode(written, skip_special_tokens=False)
        return Generated(text, len(written) + (end is not None), end is None)

    def facts(self) -> dict[str, Any]:
        """What it is and where it runs."""
        import torch  # noqa: PLC0415 - of an extra
        import transformers  # noqa: PLC0415

        return {
            "system": self._template.system,
            "device": str(self._model.device),
            "dtype": str(self._model.dtype).removeprefix("torch."),
            "parameters": sum(one.numel() for one in self._model.parameters()),
            "versions": {"torch": str(torch.__version__), "transformers": transformers.__version__},
        }


@contextmanager
def _greedily(model: Any, most: int, pad: int, ends: Sequence[int]) -> Iterator[Any]:
    """Greedy generation settings, which replace the model's own while the context is open.

    A model's folder may set penalties, beams or suppressed tokens, and transformers falls back to those settings for
    whatever is not given; so they are removed while it generates.
    """
    import transformers  # noqa: PLC0415 - of an extra

    own = model.generation_config
    settings = transformers.GenerationConfig(
        max_new_tokens=most,
        do_sample=False,
        num_beams=1,
        repetition_penalty=1.0,
        no_repeat_ngram_size=0,
        pad_token_id=pad,
        eos_token_id=list(ends) or None,
    )
    model.generation_config = settings
    try:
        yield settings
    finally:
        model.generation_config = own


def _ends(model: Any, tokenizer: Any) -> list[int]:
    """End tokens: those of the model's generation settings and the tokenizer's."""
    settings = getattr(model, "generation_config", None)
    told = getattr(settings, "eos_token_id", None)
    ends = told if isinstance(told, list) else [told]
    return [*dict.fromkeys(one for one in [*ends, tokenizer.eos_token_id] if one is not None)]
