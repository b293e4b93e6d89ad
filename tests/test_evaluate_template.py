"""Chat templates of models in folders: whether their calls can be read, and where they have what the system says."""

from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path

import pytest

from apigen.errors import UserError
from apigen.evaluate.asking.base import IN_USER_TURN, LEFT_OUT, Prompt
from apigen.evaluate.asking.template import ChatTemplate
from apigen.records import Message
from tiny_chat_model import QWEN_STYLE, tokenizer

TURNS = """\
{%- if tools %}{{ tools | tojson }}{% endif %}
{%- for m in messages %}
{%- if m.role == 'user' %}<|im_start|>{{ m.content }}<|im_end|>
{%- elif m.role == 'assistant' %}
{%- for call in m.tool_calls or [] %}{% set f = call.function %}CALL{% endfor %}<|im_end|>
{%- endif %}{% endfor %}"""

READ = {
    "hermes": QWEN_STYLE,
    "thinking": QWEN_STYLE.replace("assistant\\n' }}", "assistant\\n<think>\\n' }}"),
    "llama": TURNS.replace("CALL", '{"name": "{{ f.name }}", "parameters": {{ f.arguments | tojson }}}'),
    "mistral": TURNS.replace(
        "CALL",
        "{% if call.id|default('')|length != 9 %}{{ raise_exception('ids have nine signs') }}{% endif %}"
        '[TOOL_CALLS][{"name": "{{ f.name }}", "arguments": {{ f.arguments | tojson }}, "id": "{{ call.id }}"}]',
    ),
    "text": TURNS.replace("CALL", '<tool_call>{"name": "{{ f.name }}", "arguments": {{ f.arguments }}}</tool_call>'),
    "python": TURNS.replace(
        "CALL", "[{{ f.name }}({% for k, v in f.arguments.items() %}{{ k }}={{ v | tojson }}, {% endfor %})]"
    ),
    "xml": TURNS.replace(
        "CALL",
        "<tool_call><function={{ f.name }}>{% for k, v in f.arguments.items() %}<parameter={{ k }}>\n{{ v }}\n"
        "</parameter>{% endfor %}</function></tool_call>",
    ),
}
"""Templates that write a call in each notation that is read."""

UNREAD = {
    "marked list": TURNS.replace(
        "CALL", '<|tool_call|>[{"name": "{{ f.name }}", "arguments": {{ f.arguments | tojson }}}]'
    ),
    "marked Python": TURNS.replace("CALL", "<|start|>[{{ f.name }}(city='Oslo', days=3)]<|end|>"),
    "other keys": TURNS.replace("CALL", '[{"tool_name": "{{ f.name }}", "parameters": {{ f.arguments | tojson }}}]'),
    "channel": TURNS.replace("CALL", "to=functions.{{ f.name }} json {{ f.arguments | tojson }}"),
    "an argument lost": TURNS.replace("CALL", '<tool_call>{"name": "{{ f.name }}", "arguments": {}}</tool_call>'),
}


def template(text: str, end: str = "<|im_end|>") -> ChatTemplate:
    pytest.importorskip("transformers")
    return ChatTemplate(tokenizer(text), "local:x", lambda said: said.partition(end)[0])


@pytest.mark.parametrize("name", READ)
def test_a_call_is_read_back_from_the_template_that_wrote_it(name: str) -> None:
    """However it wants the call put: with an id, or with arguments as text."""
    template(READ[name]).require_native()


@pytest.mark.parametrize("name", UNREAD)
def test_a_template_whose_calls_are_not_read_is_refused(name: str) -> None:
    """It would count as a model that never calls; the message shows the call and the two ways on."""
    with pytest.raises(
        UserError, match=r"^local:x: .* writes calls as ['\"].*get_forecast.*--base-url URL.*--form prompted$"
    ):
        template(UNREAD[name]).require_native()


@pytest.mark.parametrize(
    ("name", "read"),
    [(name, True) for name in ("qwen2_5", "qwen3", "qwen3_5_think", "llama3_1", "llama3_2", "nemotron_3_nano")]
    + [(name, False) for name in ("gptoss", "lfm2", "lfm2_v2", "glm4moe", "gemma4", "phi3", "deepseekv3")],
)
def test_templates_of_real_models_are_told_apart(name: str, read: bool) -> None:
    """As trl has them: those in the notations that docs/evaluate.md names, and others."""
    trl = find_spec("trl")
    file = Path(trl.submodule_search_locations[0] if trl and trl.submodule_search_locations else "") / "chat_templates"
    if not (file / f"{name}.jinja").is_file():
        pytest.skip("trl is not here, or has no such template")
    found = template((file / f"{name}.jinja").read_text(), "<|eot_id|>" if name.startswith("llama") else "<|im_end|>")
    refused = pytest.raises(
        UserError, match=r"use --form prompted|a notation that cannot be read|does not show how calls"
    )
    with nullcontext() if read else refused:
        found.require_native()


def test_a_template_that_shows_no_call_is_refused() -> None:
    """Nobody can say how its model calls."""
    with pytest.raises(UserError, match="does not show how calls are written, so every call would be missed"):
        template(TURNS.replace("CALL", "")).require_native()
    with pytest.raises(UserError, match="does not support tools; use --form prompted"):
        template("{{ messages[-1].content }}").require_native()


def test_what_is_not_read_can_be_asked_in_the_prompt() -> None:
    """Only tools beside the messages need a notation."""
    unread = template(UNREAD["channel"])
    messages = (Message("user", "Oslo?"),)
    assert "Oslo?" in unread.prompt(Prompt("q", messages))
    with pytest.raises(UserError, match="a notation that cannot be read"):
        unread.prompt(Prompt("q", messages, ({"type": "function", "function": {"name": "f", "parameters": {}}},)))


@pytest.mark.parametrize("refuses", [True, False])
def test_what_the_system_says_begins_the_users_turn_where_it_has_no_place(refuses: bool) -> None:
    """Whether the template refuses it or says nothing of leaving it out; what is lost there too is told."""
    refusal = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}" if refuses else ""
    put = Prompt("q", (Message("system", "Only JSON."), Message("user", "Tea!")))
    without = template(refusal + TURNS)
    assert without.prompt(put) == "<|im_start|>Only JSON.\n\nTea!<|im_end|>"
    assert without.system == IN_USER_TURN
    assert template("{{ messages[-1].content[-4:] }}").system == LEFT_OUT
