"""Models and tokenizers from the hub or a folder; what goes wrong there becomes one line here."""

import contextlib
import copy
import gc
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
import transformers

from apigen.dialogue.form import Form
from apigen.errors import JobFellShort, UserError, in_one_line
from apigen.report.words import counted
from apigen.train.hub import WANTED, require_there, where
from apigen.train.recipe import Precision, Recipe
from apigen.train.rendering import WAYS_OUT
from apigen.train.scratch import template
from apigen.training_folder import require_finished


@contextlib.contextmanager
def _loading(model: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise UserError(f"{model}: cannot load it ({in_one_line(error)}); {WANTED}") from error


def load_tokenizer(model: str, form: Form, chat_template: Path | None = None) -> Any:
    """The tokenizer of a model, with a chat template.

    Raises:
        UserError: it cannot be loaded, its training is not finished, or it has no template and the form wants one.
    """
    require_there(model)
    require_finished(Path(model).expanduser())
    with _loading(model):
        tokenizer = transformers.AutoTokenizer.from_pretrained(**where(model))
    if chat_template:
        try:
            tokenizer.chat_template = chat_template.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"--chat-template {chat_template}: cannot read it: {error}") from None
    elif not tokenizer.chat_template:
        if form == "native":
            raise UserError(f"{model}: its tokenizer has no chat template; {WAYS_OUT}")
        if tokenizer.eos_token is None:
            raise UserError(f"{model}: its tokenizer has no end-of-text token; pass --chat-template FILE")
        tokenizer.chat_template = template("plain")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.convert_ids_to_tokens(0)
    return tokenizer


def load_config(model: str) -> Any:
    """The configuration of a model, without its weights.

    Raises:
        UserError: it cannot be loaded.
    """
    with _loading(model):
        return transformers.AutoConfig.from_pretrained(**where(model))


def empty_model(model: str, config: Any) -> Any:
    """The model without weights, to count its parameters.

    Raises:
        UserError: it is not a causal language model.
    """
    with _loading(model), torch.device("meta"):
        return transformers.AutoModelForCausalLM.from_config(config)


def load_model(model: str, recipe: Recipe) -> Any:
    """A model with its weights, in the precision that it is trained in, and with settings that can be saved.

    Raises:
        UserError: it cannot be loaded.
    """
    with _loading(model):
        loaded = transformers.AutoModelForCausalLM.from_pretrained(**where(model), dtype=weights_dtype(recipe))
    if loaded.generation_config is not None:
        loaded.generation_config = saveable(loaded.generation_config)
    return loaded


def saveable(settings: Any) -> Any:
    """Settings of generation that transformers agrees to write, which it refuses only when a checkpoint is due.

    Many models come with a temperature and without ``do_sample``: sampling is what was meant. Of settings that
    contradict each other in another way only the special tokens are kept.
    """
    sampling = copy.deepcopy(settings)
    sampling.do_sample = True
    for tried in (settings, *((sampling,) if settings.temperature != 0 else ())):
        with contextlib.suppress(ValueError):
            tried.validate(strict=True)
            return tried
    tokens = ("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id")
    return transformers.GenerationConfig(**{name: getattr(settings, name, None) for name in tokens})


def precision(recipe: Recipe) -> Precision:
    """What ``auto`` comes to on this machine."""
    if recipe.precision != "auto":
        return recipe.precision
    return "mixed" if _computes_in_bf16() else "fp32"


def _computes_in_bf16() -> bool:
    """Whether bf16 is computed by hardware; where it is emulated it is slower than fp32."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if torch.backends.mps.is_available():
        return False
    # Unknown to older versions of torch, which then stay with fp32.
    capable: Mapping[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capable.get("avx512_bf16") or capable.get("amx_bf16"))


def weights_dtype(recipe: Recipe) -> Any:
    """Of the weights as they are loaded: those that stay as they are beside an adapter need no fp32."""
    kind = precision(recipe)
    return torch.bfloat16 if kind == "bf16" or (kind == "mixed" and recipe.lora.use) else torch.float32


@contextlib.contextmanager
def released() -> Iterator[None]:
    """Give back the device's memory that models had; also to decorate the function that had them.

    A trainer and its model refer to each other, so the model would stay until Python happens to look for such cycles;
    and torch keeps what was freed on a GPU, in pieces of sizes that the next model may not fit into.
    """
    try:
        yield
    finally:
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def device_name() -> str:
    """Where training takes place, in words."""
    if torch.cuda.is_available():
        return str(torch.cuda.get_device_name(0))
    return "MPS" if torch.backends.mps.is_available() else f"CPU ({counted(torch.get_num_threads(), 'thread')})"


def require_gpu() -> None:
    """Refuse to train on a processor.

    Raises:
        JobFellShort: there is no GPU that torch can use.
    """
    if not torch.cuda.is_available():
        built = torch.version.cuda or "none"
        raise JobFellShort(
            f"--require-gpu: torch {torch.__version__} (built for CUDA {built}) finds no GPU; install the build that "
            "matches the driver, or drop the option"
        )
