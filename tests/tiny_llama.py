"""A language model of a quarter of a megabyte that knows nothing: random weights in the file format of llama.cpp.

What it writes is noise, but everything around it is real: the tokenizer, the chat template, the sampling, and above
all the grammar that a server holds it to. Needs the extra ``engine``.
"""

import importlib
from pathlib import Path
from typing import Any

NAME = "tiny-llama"
CONTEXT = 16_384
"""Tokens, and a token is a byte or little more: prompts of a run with few tools and examples fit."""

_LAYERS = 1
_WIDTH = 64
_HEADS = 2
_FEED_FORWARD = 128
_SPECIAL = ("<|begin|>", "<|end|>")
_NORMAL, _CONTROL = 1, 3
"""Kinds of tokens, as the file format numbers them."""
_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def write_tiny_llama(path: Path) -> None:
    """Write the model; the same bytes' worth of weights each time.

    Args:
        path: the file, ``.gguf``.
    """
    gguf: Any = importlib.import_module("gguf")
    numpy: Any = importlib.import_module("numpy")
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name(NAME)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_FEED_FORWARD)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    tokens = (*_SPECIAL, *_letters_of_bytes())
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([_CONTROL] * len(_SPECIAL) + [_NORMAL] * (len(tokens) - len(_SPECIAL)))
    writer.add_token_merges(["Ġ t"])  # a list is asked for; nothing that occurs needs to be in it
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_add_bos_token(False)
    writer.add_chat_template(_TEMPLATE)
    dice = numpy.random.default_rng(0)
    for name, shape in _tensors(len(tokens)).items():
        values = numpy.ones(shape) if len(shape) == 1 else dice.normal(0, 0.2, shape)
        writer.add_tensor(name, values.astype(numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _letters_of_bytes() -> list[str]:
    """How byte-level tokenizers spell each of the 256 bytes as one visible letter, in the order of the bytes."""
    visible = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = (byte for byte in range(256) if byte not in visible)
    letters = {byte: chr(byte) for byte in visible} | {byte: chr(256 + n) for n, byte in enumerate(hidden)}
    return [letters[byte] for byte in range(256)]


def _tensors(vocabulary: int) -> dict[str, tuple[int, ...]]:
    square = (_WIDTH, _WIDTH)
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (vocabulary, _WIDTH),
        "output_norm.weight": (_WIDTH,),
        "output.weight": (vocabulary, _WIDTH),
    }
    for layer in range(_LAYERS):
        shapes |= {
            f"blk.{layer}.attn_norm.weight": (_WIDTH,),
            f"blk.{layer}.attn_q.weight": square,
            f"blk.{layer}.attn_k.weight": square,
            f"blk.{layer}.attn_v.weight": square,
            f"blk.{layer}.attn_output.weight": square,
            f"blk.{layer}.ffn_norm.weight": (_WIDTH,),
            f"blk.{layer}.ffn_gate.weight": (_FEED_FORWARD, _WIDTH),
            f"blk.{layer}.ffn_up.weight": (_FEED_FORWARD, _WIDTH),
            f"blk.{layer}.ffn_down.weight": (_WIDTH, _FEED_FORWARD),
        }
    return shapes
