"""A small decoder of random weights, with a tokenizer made for the data: the whole path without a download or a GPU.

What it learns is these tools, not language. It shows that the data, the chat template, the masking and the saved folder
are sound, in minutes on two cores.
"""

from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import Any

import msgspec

from apigen.dialogue.form import Form
from apigen.errors import UserError
from apigen.train.dialogue import dialogue
from apigen.train.examples import Example

END, TURN, ENDED = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
_TAGS = ("<tools>", "</tools>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>")
_LEAST_OFTEN = 2
RESPONSE_TEMPLATE = {
    "defaults": {"role": "assistant"},
    "start_anchor": f"{TURN}assistant\n",
    "fields": {
        "tool_calls": {
            "open_pattern": r"\s*<tool_call>",
            "close": "</tool_call>",
            "repeats": True,
            "content": "json",
            "transform": {"type": "function", "function": "{content}"},
        },
        "content": {"close_pattern": r"\s*(?:<\|im_end\|>|<\|endoftext\|>)", "content": "text"},
    },
}
"""How `transformers serve` finds the calls in what the model writes."""


class Size(msgspec.Struct, frozen=True):
    """How large a model from scratch is."""

    width: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    """Tokens at most; fewer where the data has not so many pieces that occur twice."""


SIZES = {"tiny": Size(128, 4, 4, 384, 4096), "small": Size(192, 6, 6, 768, 8192)}
"""Some 1.3 and 5 million parameters."""


def size_of(name: str) -> Size:
    """The size of that name.

    Raises:
        UserError: there is none.
    """
    if name not in SIZES:
        raise UserError(f"--from-scratch {name}: no such size; choose from {', '.join(SIZES)}")
    return SIZES[name]


def scratch_tokenizer(examples: Iterable[Example], size: Size, form: Form) -> Any:
    """A byte-level BPE tokenizer for the data, with a chat template that has tools and marks of generation."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers  # noqa: PLC0415
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size.vocabulary - len(_TAGS),
        min_frequency=_LEAST_OFTEN,
        special_tokens=[END, TURN, ENDED],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(_texts(examples, form), trainer)
    raw.add_tokens([AddedToken(tag, normalized=False) for tag in _TAGS])
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        eos_token=ENDED,
        pad_token=END,
        additional_special_tokens=[TURN],
        chat_template=template("hermes"),
        response_template=RESPONSE_TEMPLATE,
        clean_up_tokenization_spaces=False,
        model_input_names=["input_ids", "attention_mask"],
    )


def scratch_model(tokenizer: Any, size: Size, positions: int) -> Any:
    """A decoder of Llama's kind with random weights, seeded by torch's own generator."""
    from transformers import LlamaConfig, LlamaForCausalLM  # noqa: PLC0415

    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=size.width,
        intermediate_size=size.feed_forward,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.heads,
        max_position_embeddings=positions,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


def template(name: str) -> str:
    """A shipped chat template: ``hermes`` with tools, ``plain`` without."""
    return files("apigen.train").joinpath(f"templates/{name}.jinja").read_text("utf-8").rstrip("\n")


def _texts(examples: Iterable[Example], form: Form) -> Iterator[str]:
    for example in examples:
        put = dialogue(example, form)
        yield from (message["content"] for message in put.prompt)
        yield from (msgspec.json.encode(tool["function"]).decode() for tool in put.tools or ())
        yield put.answer["content"]
        yield from (msgspec.json.encode(call["function"]).decode() for call in put.answer.get("tool_calls", ()))
