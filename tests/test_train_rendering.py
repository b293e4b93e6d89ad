"""Chat templates of all kinds: what is the prompt, what is the answer, and which rows cannot be put."""

import json
from functools import partial
from typing import Any

import jinja2
import msgspec
import pytest

from apigen.dialogue.chat_template import Way
from apigen.dialogue.form import Form
from apigen.errors import UserError
from apigen.evaluate.asking.prompts import prompt_of
from apigen.evaluate.asking.template import ChatTemplate
from apigen.evaluate.base import Question
from apigen.evaluate.calls import AnyCallDue
from apigen.records import Call, Message, Tool
from apigen.train.dialogue import dialogue
from apigen.train.examples import Example
from apigen.train.rendering import CannotRender, Renderer
from tiny_chat_model import QWEN_STYLE

TOOL = Tool("add", "Add two numbers.", {"type": "object", "properties": {"name": {"type": "string"}}})
ONE = Example("1", (Message("user", "It's 1 and 2."),), (TOOL,), (Call("add", {"name": "x"}),))
TWO = Example("2", (Message("user", "Both."),), (TOOL,), (Call("add", {"name": "x"}), Call("add", {"name": "y"})))
NONE = Example("3", (Message("user", "Sing."),), (TOOL,), (), said="No tool fits.")
BRIEF = Example("4", (Message("system", "Be brief."), Message("user", "1 and 2.")), (TOOL,), ONE.calls)


class Templated:
    """What of a tokenizer renders templates, by the same engine and with the same helpers."""

    def __init__(self, template: str) -> None:
        self.chat_template = template
        environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - plain text

        def refuse(message: str) -> None:
            raise jinja2.TemplateError(message)

        environment.globals["raise_exception"] = refuse
        environment.filters["dumped"] = partial(json.dumps, ensure_ascii=False)  # as transformers' own ``tojson``
        self._template = environment.from_string(template)

    def apply_chat_template(self, chat: Any, tools: Any, add_generation_prompt: bool, tokenize: bool) -> str:
        assert not tokenize
        return self._template.render(messages=chat, tools=tools, add_generation_prompt=add_generation_prompt)


def turns(call: str, *, prompt: str = "<a>", answer: str = "<a>", checks: str = "") -> str:
    """A template that writes calls in its own way."""
    return (
        "{% for t in tools or [] %}[{{ t.function.name }}]{% endfor %}"
        "{% for m in messages %}" + checks + "{% if m.role == 'assistant' %}" + answer + "{{ m.content }}"
        "{% for c in m.tool_calls or [] %}" + call + "{% endfor %}</a>"
        "{% else %}<{{ m.role }}>{{ m.content }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}" + prompt + "{% endif %}"
    )


NO_SYSTEM = "{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
PLAIN = "{{ c.function.name }}({{ c.function.arguments | tojson }})"


def rendered(template: str, *examples: Example) -> tuple[Renderer, list[tuple[str, str]]]:
    renderer = Renderer(Templated(template), "a model")
    found = [renderer.render(dialogue(example, "native")) for example in examples]
    return renderer, [(one.prompt, one.answer) for one in found]


HERMES = '<tool_call>{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}</tool_call>'
AS_TEXT = HERMES.replace("{{ c.function.arguments | tojson }}", "{{ c.function.arguments + '' }}")
SILENT = (
    turns(HERMES)
    .replace("<{{ m.role }}>", "{% if m.role != 'system' %}<{{ m.role }}>")
    .replace("{{ m.content }}{% endif %}{% endfor %}", "{{ m.content }}{% endif %}{% endif %}{% endfor %}")
)
"""Drops the system prompt without a word."""
ONLY_WITHOUT_TOOLS = "{% if tools and m.role == 'system' %}{{ raise_exception('no system beside tools') }}{% endif %}"


@pytest.mark.parametrize("form", ["native", "prompted"])
@pytest.mark.parametrize(
    "template",
    [
        QWEN_STYLE,
        QWEN_STYLE.replace("assistant\\n' }}", "assistant\\n<think>\\n' }}"),
        turns(HERMES),
        turns(AS_TEXT),
        turns(HERMES, checks=NO_SYSTEM),
        turns(HERMES, checks=ONLY_WITHOUT_TOOLS),
        SILENT,
    ],
)
def test_a_prompt_is_the_same_in_training_and_in_evaluation(template: str, form: Form) -> None:
    """To the last character, with and without a system prompt, whatever was rendered before."""
    tokenizer = Templated(template)
    asking = ChatTemplate(tokenizer, "a model", lambda said: said.removesuffix("</a>").partition("<|im_end|>")[0])
    for rows in ((ONE, BRIEF, NONE), (BRIEF, ONE)):
        renderer = Renderer(tokenizer, "a model")
        for row in rows:
            question = Question(row.id, "simple", row.messages, row.tools, AnyCallDue(wanted=True))
            trained = renderer.render(dialogue(row, form)).prompt
            assert trained == asking.prompt(prompt_of(question, form))
            assert ("Be brief." in trained) is (row is BRIEF)


def test_the_answer_is_what_follows_the_prompt() -> None:
    """Also in a template without marks of generation."""
    _, texts = rendered(QWEN_STYLE, ONE, NONE)
    assert texts[0][0].endswith("It's 1 and 2.<|im_end|>\n<|im_start|>assistant\n")
    assert texts[0][1] == '<tool_call>\n{"name": "add", "arguments": {"name": "x"}}\n</tool_call><|im_end|>\n'
    assert texts[1][1] == "No tool fits.<|im_end|>\n"


def test_a_template_that_wants_ids_is_given_ids() -> None:
    """Nine letters and digits."""
    call = (
        "{% if c.id | length != 9 %}{{ raise_exception('an id has nine letters') }}{% endif %}" + PLAIN + "#{{ c.id }}"
    )
    renderer, texts = rendered(turns(call), TWO)
    assert renderer.way == Way(ids=True)
    assert texts[0][1] == 'add({"name": "x"})#call00001add({"name": "y"})#call00002</a>'


@pytest.mark.parametrize(
    "call", ["{{ c.function.name }}({{ c.function.arguments }})", "{{ c.function.name + c.function.arguments }}"]
)
def test_a_template_that_wants_arguments_as_text_is_given_text(call: str) -> None:
    """One that would write Python in place of JSON, and one that fails over an object."""
    renderer, texts = rendered(turns(call), ONE)
    assert renderer.way == Way(text=True)
    assert '{"name":"x"}' in texts[0][1]


def test_a_template_without_system_is_given_its_words_in_the_question() -> None:
    """And says so."""
    renderer, texts = rendered(turns(PLAIN, checks=NO_SYSTEM), BRIEF)
    assert texts[0][0] == "[add]<user>Be brief.\n\n1 and 2.<a>"
    assert "has no system role" in next(renderer.notes())


def test_a_row_shows_only_what_is_in_it() -> None:
    """One without calls does not decide how calls are put, nor one without system where its words go."""
    as_text = "{{ c.function.name + c.function.arguments }}"
    silent = msgspec.structs.replace(BRIEF, calls=(), said="No tool fits.")
    for rows in ((silent, ONE, BRIEF), (ONE, silent, BRIEF), (ONE, BRIEF, silent)):
        renderer, texts = rendered(turns(as_text, checks=NO_SYSTEM), *rows)
        assert renderer.way == Way(text=True)
        assert [note.partition(";")[0] for note in renderer.notes()] == [
            "the chat template requires arguments as JSON text",
            "the chat template has no system role",
        ]
        assert len(texts) == 3


def test_a_row_that_a_template_refuses_is_named() -> None:
    """Others are rendered."""
    checks = "{% if m.tool_calls and m.tool_calls | length > 1 %}{{ raise_exception('one call only') }}{% endif %}"
    renderer, _ = rendered(turns(PLAIN, checks=checks), ONE)
    with pytest.raises(CannotRender, match="one call only"):
        renderer.render(dialogue(TWO, "native"))


@pytest.mark.parametrize("question", ["It's 1 and 2.", "Please add 1 and 2."])
def test_a_template_that_shows_the_tools_of_no_row_is_refused(question: str) -> None:
    """With the ways out, after all rows; a name that the question has too does not show that the tool was offered."""
    renderer = Renderer(Templated("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"), "a model")
    asked = msgspec.structs.replace(ONE, messages=(Message("user", question),))
    renderer.render(dialogue(msgspec.structs.replace(NONE, tools=()), "native"))
    renderer.require_tools_shown()
    with pytest.raises(CannotRender, match="does not show the tool add"):
        renderer.render(dialogue(asked, "native"))
    with pytest.raises(UserError, match=r"does not support tools; use --form prompted"):
        renderer.require_tools_shown()


def test_a_row_whose_tools_do_not_show_says_nothing_of_other_rows() -> None:
    """It is refused by its own reason, whether it comes first or last."""
    odd = '{% for t in tools or [] if t.function.name != "odd" %}[{{ t.function.name }}]{% endfor %}'
    template = turns(PLAIN).replace("{% for t in tools or [] %}[{{ t.function.name }}]{% endfor %}", odd)
    hidden = Example("odd", ONE.messages, (Tool("odd", "", {}),), (Call("odd", {}),))
    for rows in ((ONE, hidden), (hidden, ONE)):
        renderer = Renderer(Templated(template), "a model")
        for row in rows:
            if row is hidden:
                with pytest.raises(CannotRender, match="does not show the tool odd in the prompt"):
                    renderer.render(dialogue(row, "native"))
            else:
                renderer.render(dialogue(row, "native"))
        renderer.require_tools_shown()


@pytest.mark.parametrize("name", ['"q"', "back\\slash", "größe", "tab\tbed", "天气"])
def test_a_tool_whose_name_a_template_escapes_is_learnt(name: str) -> None:
    """In the tools and in the calls, as JSON with or without escapes for what is not ASCII, and in both forms."""
    row = Example("1", ONE.messages, (Tool(name, "", {}),), (Call(name, {"x": 1}),))
    for dumped in ("tojson", "dumped"):
        template = (
            turns('{"name": {{ c.function.name | ' + dumped + " }}}{{ c.function.arguments | tojson }}")
        ).replace("[{{ t.function.name }}]", "{{ t.function.name | " + dumped + " }}")
        _, texts = rendered(template, row)
        assert json.loads(texts[0][1][: texts[0][1].index("}") + 1]) == {"name": name}
    prompted = Renderer(Templated(turns(PLAIN)), "a model").render(dialogue(row, "prompted"))
    assert json.loads(prompted.answer.removesuffix("</a>"))["tool_calls"][0]["name"] == name


def test_a_tool_name_that_a_template_does_not_escape_is_refused() -> None:
    """Nothing could read the call that it would teach."""
    row = Example("1", ONE.messages, (Tool('"q"', "", {}),), (Call('"q"', {"x": 1}),))
    with pytest.raises(CannotRender, match='writes the tool name "q" without escaping it'):
        rendered(turns(HERMES), row)


def test_a_row_of_whose_tools_a_template_shows_some_is_refused() -> None:
    """The others would be called without having been offered; a row whose tools are all shown is rendered."""
    first_only = turns(PLAIN).replace("tools or []", "(tools or [])[:1]")
    both = msgspec.structs.replace(ONE, tools=(TOOL, Tool("multiply", "", TOOL.parameters)))
    renderer, _ = rendered(first_only, ONE)
    with pytest.raises(CannotRender, match="does not show the tool multiply"):
        renderer.render(dialogue(both, "native"))


def test_a_template_that_insists_on_tools_supports_them() -> None:
    """What it would write without them need not be known."""
    insists = "{% if not tools %}{{ raise_exception('tools are required') }}{% endif %}" + turns(PLAIN)
    assert rendered(insists, ONE)[1][0][0].startswith("[add]")


def test_a_template_that_loses_calls_is_refused() -> None:
    """It would teach to say nothing."""
    with pytest.raises(CannotRender, match="drops the call of add"):
        rendered(turns("!"), ONE)


@pytest.mark.parametrize(
    ("prompt", "closed"),
    [
        ("<a><think>", "</think>"),
        ("<a><think>\n", "\n</think>\n\n"),
        ("<a>[THINK]", "[/THINK]"),
        ("<a><think>\n\n</think>\n\n", ""),
        ("<a>\n", ""),
    ],
)
def test_what_is_trained_follows_the_prompt_as_it_is_asked(prompt: str, closed: str) -> None:
    """Also where the template leaves out the prompt's end once the answer is there; an opened thought is closed."""
    renderer = Renderer(Templated(turns(PLAIN, prompt=prompt)), "a model")
    one = renderer.render(dialogue(ONE, "native"))
    assert one.prompt == "[add]<user>It's 1 and 2." + prompt
    assert one.answer == closed + 'add({"name": "x"})</a>'
    assert one.prompt.endswith(one.kept)
    assert one.kept == prompt.removeprefix("<a>")


def test_a_thought_that_a_template_closes_is_closed_as_it_does() -> None:
    """What the whole conversation shows goes before what is usual."""
    template = turns(PLAIN, prompt="<a><think>", answer="<a><think> none </think>")
    one = Renderer(Templated(template), "a model").render(dialogue(ONE, "native"))
    assert (one.prompt[-10:], one.answer) == ("<a><think>", ' none </think>add({"name": "x"})</a>')
    assert one.kept == ""


def test_an_answer_that_begins_otherwise_than_prompts_end_is_refused() -> None:
    """Nothing that is asked would be trained; the prompt is not cut to what both have in common."""
    with pytest.raises(CannotRender, match="generation prompt is not a prefix of the rendered assistant turn"):
        rendered(turns(PLAIN, prompt="<answer>", answer="<an>"), ONE)


def test_a_template_that_drops_the_system_is_given_its_words_in_the_question() -> None:
    """In the prompted form they are the tools; one that drops the question too is refused."""
    silent = "{% if m.role != 'system' %}<{{ m.role }}>{{ m.content }}{% endif %}"
    template = "{% for m in messages %}" + silent + "{% endfor %}"
    renderer = Renderer(Templated(template), "a model")
    one = renderer.render(dialogue(ONE, "prompted"))
    assert "has no system role" in next(renderer.notes())
    assert '"add"' in one.prompt
    assert "Add two numbers." in one.prompt
    nothing = Renderer(Templated("{% for m in messages if m.role == 'assistant' %}{{ m.content }}{% endfor %}"), "x")
    with pytest.raises(CannotRender, match="drops the system prompt"):
        nothing.render(dialogue(ONE, "prompted"))


VALUES = {"text": 'a "b" é\n', "n": 5, "small": 1e-7, "no": None, "yes": True, "in": {"list": ["p", 2.5], "none": {}}}


@pytest.mark.parametrize(
    "arguments",
    [
        "{{ c.function.arguments | tojson }}",
        "{{ c.function.arguments if c.function.arguments is string else raise_exception('text') }}",
        "{{ c.function.arguments | tojson | tojson }}",
        "{% for k, v in c.function.arguments.items() %}<{{ k }}>{{ v if v is string else v | tojson }}</>{% endfor %}",
    ],
)
def test_arguments_are_found_however_they_are_written(arguments: str) -> None:
    """As JSON, as JSON in JSON's text, or each for itself."""
    one = msgspec.structs.replace(ONE, calls=(Call("add", VALUES),))
    _, texts = rendered(turns("{{ c.function.name }}:" + arguments), one)
    assert texts[0][1].startswith("add:")


@pytest.mark.parametrize(
    ("call", "lost"),
    [
        ('{"name": "{{ c.function.name }}", "arguments": {}}', "name of the call of add5"),
        ("{{ c.function.name }}({{ c.function.arguments.name | tojson }})", "n of the call of add5"),
    ],
)
def test_a_template_that_loses_arguments_is_refused(call: str, lost: str) -> None:
    """All of them or one; a number in a name or in another number is none."""
    one = msgspec.structs.replace(ONE, calls=(Call("add5", {"name": "15 x", "n": 5}),))
    with pytest.raises(CannotRender, match=f"drops {lost}"):
        rendered(turns(call), one)


def test_an_object_among_arguments_that_is_written_as_python_is_refused() -> None:
    """Where each argument stands for itself, and texts are as they should be."""
    each = "{% for k, v in c.function.arguments.items() %}<{{ k }}>{{ v }}</>{% endfor %}"
    one = msgspec.structs.replace(ONE, calls=(Call("add", {"name": "x", "in": {"list": ["p"]}}),))
    with pytest.raises(CannotRender, match="as Python literals, not as JSON"):
        rendered(turns("{{ c.function.name }}:" + each), one)


def test_calls_without_arguments_show_nothing_of_how_arguments_are_put() -> None:
    """A first row whose call has none decides nothing for those that follow."""
    bare = msgspec.structs.replace(ONE, calls=(Call("add", {}),))
    renderer, texts = rendered(turns("{{ c.function.name }}({{ c.function.arguments }})"), bare, ONE, bare)
    assert renderer.way == Way(text=True)
    assert [text for _, text in texts] == ["add({})</a>", 'add({"name":"x"})</a>', "add({})</a>"]


def test_a_question_that_changes_once_it_is_answered_is_refused() -> None:
    """What is asked when the model is used would not be what was trained."""
    template = turns(PLAIN).replace("<{{ m.role }}>", "{% if loop.last %}<now>{% endif %}<{{ m.role }}>")
    with pytest.raises(CannotRender, match="renders the prompt differently"):
        rendered(template, ONE)


def test_names_have_underscores_for_dots_as_they_will_when_it_is_asked() -> None:
    """In the native form, where servers allow no dots; in the prompted one they stay."""
    dotted = Tool("math.add", TOOL.description, TOOL.parameters)
    one = msgspec.structs.replace(ONE, tools=(dotted,), calls=(Call("math.add", {"name": "x"}),))
    _, texts = rendered(turns(PLAIN), one)
    assert texts[0] == ("[math_add]<user>It's 1 and 2.<a>", 'math_add({"name": "x"})</a>')
    asked = prompt_of(Question("1", "simple", one.messages, one.tools, AnyCallDue(wanted=True)), "native")
    assert list(asked.tools) == dialogue(one, "native").tools
    prompted = dialogue(one, "prompted")
    assert '"math.add"' in prompted.prompt[0]["content"]
    assert '"math.add"' in prompted.answer["content"]


def test_tools_that_only_a_dot_tells_apart_are_refused() -> None:
    """Nobody could say which of them is called."""
    both = (Tool("math.add", "", TOOL.parameters), Tool("math_add", "", TOOL.parameters))
    with pytest.raises(CannotRender, match=r"math\.add and math_add have the same name"):
        rendered(turns(PLAIN), msgspec.structs.replace(ONE, tools=both, calls=(Call("math.add", {"name": "x"}),)))
    assert dialogue(msgspec.structs.replace(ONE, tools=both), "prompted").problem == ""


def test_a_model_without_template_is_told_with_the_ways_out() -> None:
    """One line."""
    with pytest.raises(UserError, match=r"no chat template; use --form prompted, or pass .* --chat-template"):
        Renderer(Templated(""), "a model")
