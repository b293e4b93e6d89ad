"""A chat model of a few hundred kilobytes in a Hugging Face folder that has learned a handful of answers by heart.

It is a Qwen2 of two narrow layers with a byte-level BPE tokenizer trained on those very texts, and a chat template with
tools in Hermes' notation, which transformers' own server reads. What it was not taught it answers with noise.
"""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

END = "<|im_end|>"
TEMPLATE = """\
{%- if tools %}{{- '<|im_start|>system\\n<tools>' }}{% for tool in tools %}{{- tool | tojson }}{% endfor %}\
{{- '</tools><|im_end|>\\n' }}{% endif %}\
{%- for message in messages %}{{- '<|im_start|>' + message.role + '\\n' + message.content }}\
{%- for call in message.tool_calls or [] %}\
{{- '<tool_call>\\n' + call.function | tojson + '\\n</tool_call>' }}{% endfor %}\
{{- '<|im_end|>\\n' }}{% endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{% endif %}"""
_STEPS = 600
_LEARNED = 0.005
"""Loss at which every answer is known by heart."""

Lesson = tuple[list[dict[str, str]], list[dict[str, Any]] | None, str]
"""Messages, tools, and what the assistant says to them."""


def write_tiny_folder(folder: Path, lessons: Sequence[Lesson]) -> None:
    """Make a model that says just that, and save it.

    Args:
        folder: where it is written.
        lessons: what it learns.
    """
    torch, tokenizers, transformers = (_module(name) for name in ("torch", "tokenizers", "transformers"))
    pre_tokenizers = tokenizers.pre_tokenizers
    bare = tokenizers.Tokenizer(tokenizers.models.BPE())
    bare.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bare.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=1500,
        special_tokens=["<|endoftext|>", "<|im_start|>", END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bare.train_from_iterator([str(lesson) for lesson in lessons], trainer)
    made = transformers.PreTrainedTokenizerFast(tokenizer_object=bare, eos_token=END, pad_token="<|endoftext|>")
    made.chat_template = TEMPLATE
    made.save_pretrained(folder)
    transformers.Qwen2Config().save_pretrained(folder)
    # Splits texts in Qwen's way, as it will for whoever loads it.
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )
    model = transformers.Qwen2ForCausalLM(config)
    _learn(model, tokenizer, lessons)
    model.save_pretrained(folder)


def _module(name: str) -> Any:
    return importlib.import_module(name)


def _learn(model: Any, tokenizer: Any, lessons: Sequence[Lesson]) -> None:
    torch = _module("torch")
    batch, labels = [], []
    for messages, tools, said in lessons:
        prompt = tokenizer.apply_chat_template(messages, tools=tools, add_generation_prompt=True, tokenize=False)
        asked = tokenizer(prompt, add_special_tokens=False)["input_ids"]
        answer = tokenizer(said + END, add_special_tokens=False)["input_ids"]
        batch.append(asked + answer)
        labels.append([-100] * len(asked) + answer)
    longest = max(map(len, batch))
    pad = tokenizer.pad_token_id
    ids = torch.tensor([one + [pad] * (longest - len(one)) for one in batch])
    mask = torch.tensor([[1] * len(one) + [0] * (longest - len(one)) for one in batch])
    wanted = torch.tensor([one + [-100] * (longest - len(one)) for one in labels])
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.0)
    model.train()
    loss = torch.tensor(9.0)
    for _ in range(_STEPS):
        loss = model(input_ids=ids, attention_mask=mask, labels=wanted).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if loss.item() < _LEARNED:
            break
    assert loss.item() < 4 * _LEARNED, loss.item()
    model.eval()
