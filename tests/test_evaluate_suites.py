"""The suites: BFCL's files, wherever they lie, and rows with their right calls."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apigen.dataset.read.base import Row
from apigen.errors import UserError
from apigen.evaluate.base import Answer, ErrorType, Question
from apigen.evaluate.held_out import RULES, HeldOut, question_of
from apigen.evaluate.table import SuiteOptions, make_suite
from apigen.library.starter_source import load_starter
from apigen.records import Call, Message, Tool
from runs import apigen

TOOL = {
    "name": "kitchen.brew",
    "description": "Brews tea.",
    "parameters": {
        "type": "dict",
        "properties": {"leaf": {"type": "string"}, "minutes": {"type": "float"}},
        "required": ["leaf"],
    },
}
QUESTION = {"question": [[{"role": "user", "content": "Green tea, 3 minutes."}]], "function": [TOOL]}
TRUTH = [{"kitchen.brew": {"leaf": ["green"], "minutes": [3.0, ""]}}]
RIGHT = Call("kitchen.brew", {"leaf": "Green", "minutes": 3})


def bfcl_folder(folder: Path) -> Path:
    """BFCL's files, with a question of each kind."""
    (folder / "possible_answer").mkdir(parents=True)
    for category in ("simple_python", "irrelevance", "live_relevance"):
        row = json.dumps({"id": f"{category}_0", **QUESTION})
        (folder / f"BFCL_v4_{category}.json").write_text(f"{row}\n")
    answer = json.dumps({"id": "simple_python_0", "ground_truth": TRUTH})
    (folder / "possible_answer" / "BFCL_v4_simple_python.json").write_text(f"{answer}\n")
    return folder


def questions(text: str, bfcl: Path | None = None, *, underscores: bool = False) -> list[Question]:
    return list(make_suite(text, SuiteOptions(bfcl, underscores)).questions())


def test_a_question_has_what_a_model_is_shown_and_how_its_answer_is_marked(tmp_path: Path) -> None:
    """Messages, tools as JSON Schema, and the truth by category."""
    folder = bfcl_folder(tmp_path)
    (question,) = questions("bfcl:simple", folder)
    assert (question.id, question.category) == ("simple_python_0", "simple_python")
    assert question.messages == (Message("user", "Green tea, 3 minutes."),)
    assert question.tools[0].properties["minutes"]["type"] == "number"
    assert question.ground_truth.score(Answer((RIGHT,))).correct
    irrelevant, relevant = questions("bfcl:irrelevance,live_relevance", folder)
    assert irrelevant.ground_truth.score(Answer((RIGHT,))).error_type is ErrorType.CALLED_NEEDLESSLY
    assert relevant.ground_truth.score(Answer((RIGHT,))).correct


def test_names_may_have_underscores_for_dots(tmp_path: Path) -> None:
    """Then tools are offered so, and only so are they called rightly."""
    (question,) = questions("bfcl:simple", bfcl_folder(tmp_path), underscores=True)
    assert question.tools[0].name == "kitchen_brew"
    assert question.ground_truth.score(Answer((Call("kitchen_brew", RIGHT.arguments),))).correct
    assert question.ground_truth.score(Answer((RIGHT,))).error_type is ErrorType.WRONG_NAME


def test_a_damaged_wheel_is_told_in_one_line(tmp_path: Path) -> None:
    """Wherever its bytes were changed, and wherever it is cut off: it is read as before, or refused by name."""
    folder = bfcl_folder(tmp_path / "bfcl_eval" / "data")
    wheel = tmp_path / "bfcl_eval-1.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(folder.rglob("*.json")):
            packed.write(file, file.relative_to(tmp_path))
    whole, refused = wheel.read_bytes(), set()
    for at in range(0, len(whole), 17):
        changed = [whole[:at], whole[:at] + bytes((whole[at] ^ 0x55,)) + whole[at + 1 :]]
        for content in changed:
            wheel.write_bytes(content)
            try:
                suite = make_suite("bfcl:simple,irrelevance,live_relevance", SuiteOptions(wheel))
                assert len(list(suite.questions())) == 3
                assert suite.version
            except UserError as told:
                refused.add(str(wheel) in str(told))
    assert refused == {True}


def test_the_folder_that_holds_the_wheel_is_not_the_wheel(tmp_path: Path) -> None:
    """Whoever names it is told the wheel's name; a path that is not there is told as that."""
    (tmp_path / "bfcl_eval-1.whl").touch()
    with pytest.raises(UserError, match=r"pass the wheel in it: --bfcl .*bfcl_eval-1\.whl"):
        questions("bfcl", tmp_path)
    with pytest.raises(UserError, match="no such file or folder"):
        questions("bfcl", tmp_path / "gone.whl")


def test_a_wheel_is_read_as_it_is(tmp_path: Path) -> None:
    """Like the folder in it; and what is no known version says so."""
    folder = bfcl_folder(tmp_path / "bfcl_eval" / "data")
    with zipfile.ZipFile(tmp_path / "bfcl_eval-1.whl", "w") as wheel:
        for file in folder.rglob("*.json"):
            wheel.write(file, file.relative_to(tmp_path))
    for path in (tmp_path, tmp_path / "bfcl_eval", folder, tmp_path / "bfcl_eval-1.whl"):
        assert questions("bfcl:simple", path) == questions("bfcl:simple", folder)
    assert "other than 2026.3.23" in make_suite("bfcl", SuiteOptions(folder)).version


@pytest.mark.parametrize(
    ("suite", "said"),
    [
        ("bfcl:simplest", "no such category 'simplest'"),
        ("bfcl:parallel", "cannot be read"),
        ("toys", "no such suite"),
        ("held-out", "the file is missing"),
        ("held-out:none.jsonl", "no such file"),
    ],
)
def test_what_is_not_there_is_told_in_one_line(tmp_path: Path, suite: str, said: str) -> None:
    """With what there is, or how to get it."""
    with pytest.raises(UserError, match=said):
        questions(suite, bfcl_folder(tmp_path))


@pytest.mark.parametrize(
    ("line", "said"), [("{", "invalid JSON"), ("[]", "not an object"), ('{"id": "x"}', "KeyError")]
)
def test_a_broken_row_is_told_with_its_place(tmp_path: Path, line: str, said: str) -> None:
    """File and line."""
    folder = bfcl_folder(tmp_path)
    with (folder / "BFCL_v4_simple_python.json").open("a") as file:
        file.write(line)
    with pytest.raises(UserError, match=rf"BFCL_v4_simple_python\.json line 2: .*{said}"):
        questions("bfcl:simple", folder)


def test_without_the_package_and_a_path_the_way_to_get_it_is_told(tmp_path: Path) -> None:
    """The command that downloads the wheel; a folder without data says the same."""
    with pytest.raises(UserError, match="pip download --no-deps bfcl-eval=="):
        questions("bfcl")
    with pytest.raises(UserError, match="pip download --no-deps bfcl-eval=="):
        questions("bfcl", tmp_path)


def rows(path: Path, *found: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in found))
    return path


def brewing(**calls: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "query": "Tea!",
        "tools": [
            {
                "name": "brew",
                "description": "Brews.",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "leaf": {"type": "string"},
                        "pots": {"type": "integer", "default": 1},
                        "extras": {"type": "array", "items": {"type": "number"}},
                    },
                    "required": ["leaf"],
                },
            }
        ],
        "calls": [{"name": "brew", "arguments": calls}],
    }


@pytest.mark.parametrize(
    ("right", "answered", "error_type"),
    [
        ({"leaf": "mint"}, {"leaf": "Mint"}, None),
        ({"leaf": "mint"}, {"leaf": "mint", "pots": 1}, None),
        ({"leaf": "mint"}, {"leaf": "mint", "pots": 2}, ErrorType.WRONG_VALUE),
        ({"leaf": "mint", "pots": 1}, {"leaf": "mint"}, None),
        ({"leaf": "mint", "pots": 2}, {"leaf": "mint"}, ErrorType.MISSING_ARGUMENT),
        ({"leaf": ""}, {}, ErrorType.MISSING_ARGUMENT),
        ({"leaf": "mint"}, {"leaf": "mint", "extras": []}, ErrorType.UNKNOWN_ARGUMENT),
        ({"leaf": "mint", "extras": [1, 2.5]}, {"leaf": "mint", "extras": [1, 2.5]}, None),
    ],
)
def test_a_default_may_be_said_or_left_out(
    tmp_path: Path, right: dict[str, Any], answered: dict[str, Any], error_type: ErrorType | None
) -> None:
    """In a held-out row, whose own calls are otherwise the one right answer."""
    (question,) = questions(f"held-out:{rows(tmp_path / 'rows.jsonl', brewing(**right))}")
    assert (question.id, question.category) == ("7", "simple")
    assert question.ground_truth.score(Answer((Call("brew", answered),))).error_type is error_type


NULLABLE = {"type": ["integer", "null"]}


@pytest.mark.parametrize(
    ("schema", "right", "answered", "error_type"),
    [
        (NULLABLE | {"default": None}, {}, {"limit": None}, None),
        (NULLABLE | {"default": None}, {"limit": None}, {}, None),
        (NULLABLE | {"default": None}, {}, {"limit": 3}, ErrorType.WRONG_TYPE),
        (NULLABLE | {"default": None}, {"limit": 3}, {}, ErrorType.MISSING_ARGUMENT),
        (NULLABLE, {"limit": None}, {}, ErrorType.MISSING_ARGUMENT),
        (NULLABLE, {"limit": None}, {"limit": None}, None),
        (NULLABLE, {}, {"limit": None}, ErrorType.UNKNOWN_ARGUMENT),
        ({"type": "number", "default": 1.0}, {"limit": 1}, {}, None),
        ({"type": "array", "default": [1.0]}, {"limit": [1]}, {}, None),
        ({"default": True}, {"limit": 1}, {}, ErrorType.MISSING_ARGUMENT),
        ({"default": {"on": [True]}}, {"limit": {"on": [1]}}, {}, ErrorType.MISSING_ARGUMENT),
    ],
)
def test_a_default_is_compared_by_its_value(
    schema: dict[str, Any], right: dict[str, Any], answered: dict[str, Any], error_type: ErrorType | None
) -> None:
    """An explicit null is one, numbers are equal by value, and booleans are not numbers."""
    tool = Tool("find", "", {"type": "object", "properties": {"limit": schema}})
    question = question_of(Row("1", 1, "?", (tool,), [{"name": "find", "arguments": right}]), "here")
    assert question.ground_truth.score(Answer((Call("find", answered),))).error_type is error_type


@pytest.mark.parametrize(
    ("right", "answered"),
    [
        ("New York", "  new\u00a0 york. "),
        ('it\'s "here"', "It\u2019s \u201chere\u201d"),
        ("2024-01-12", "2024\u201301\u201312"),
        ("-5", "\u22125"),
        ("caf\u00e9", "cafe\u0301"),
        ("12", "\uff11\uff12"),
        (["A b.", {"k": ["C"]}], ["a  B", {"k": ["c"]}]),
        ({"a": {"b": "Deep"}}, {"a": {"b": "deep."}}),
    ],
)
def test_held_out_strings_may_differ_in_what_nobody_notices(right: Any, answered: Any) -> None:
    """Case, spacing, a final full stop, and the shape of letters, quotation marks and dashes, at any depth."""
    assert of_value(right, answered) is None


@pytest.mark.parametrize(
    ("right", "answered"),
    [
        ("3-2", "3*2"),
        ("3-2", "32"),
        ("-5", "5"),
        ("1.5", "15"),
        ("2024-1-12", "2024-11-2"),
        ("a_b", "ab"),
        ("New York", "NewYork"),
        ("a, b", "a b"),
        (",", ""),
        (".", ","),
        (" ", ""),
        (["-5"], ["5"]),
        ({"a": "1.5"}, {"a": "15"}),
        ("10\u00b2 m", "102 m"),
        ("H\u2082O", "H2O"),
    ],
)
def test_held_out_strings_keep_signs_digits_and_punctuation(right: Any, answered: Any) -> None:
    """BFCL's rules drop them and would take these for right."""
    assert of_value(right, answered) is ErrorType.WRONG_VALUE


@pytest.mark.parametrize(
    ("right", "answered"),
    [
        ([1, 0], [True, False]),
        ([True, False], [1, 0]),
        ([1, 0], [1.0, 0.0]),
        ([1, "a"], [True, "a"]),
        ([[1]], [[True]]),
        ({"on": True}, {"on": 1}),
        ([True, "a"], ["true", "a"]),
    ],
)
def test_a_type_inside_a_held_out_value_counts(right: Any, answered: Any) -> None:
    """A boolean equals no number and no string, at any depth, and a list's items have the type of the right ones."""
    assert of_value(right, right) is None
    assert of_value(right, answered) in (ErrorType.WRONG_VALUE, ErrorType.WRONG_TYPE)


def of_value(right: Any, answered: Any) -> ErrorType | None:
    tool = Tool("find", "", {"type": "object", "properties": {"x": {}}})
    question = question_of(Row("1", 1, "?", (tool,), [{"name": "find", "arguments": {"x": right}}]), "here")
    return question.ground_truth.score(Answer((Call("find", {"x": answered}),))).error_type


def test_a_row_of_xlam_without_calls_is_due_none(tmp_path: Path) -> None:
    """Its category is irrelevance."""
    told = brewing()
    row = {"id": 1, "query": "Hi", "tools": json.dumps(told["tools"]), "answers": "[]"}
    (question,) = questions(f"held-out:{rows(tmp_path / 'xlam.jsonl', row)}")
    assert question.category == "irrelevance"
    assert question.ground_truth.score(Answer((Call("brew"),))).error_type is ErrorType.CALLED_NEEDLESSLY


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (brewing(leaf="mint") | {"query": 3}, "wrong_shape"),
        (brewing(leaf="mint") | {"id": 8, "calls": [{"name": "fry"}]}, "'fry', which is not among its tools"),
        (brewing(leaf="mint") | {"id": 8, "calls": [3]}, "invalid calls"),
    ],
)
def test_held_out_rows_that_are_wrong_are_counted(tmp_path: Path, row: dict[str, Any], said: str) -> None:
    """Nothing is left out silently; the first is named, with what writes a file of the others."""
    more = brewing(leaf="nettle") | {"id": 9, "query": "More!"}
    path = rows(tmp_path / "rows.jsonl", brewing(leaf="mint"), row, more, row)
    with pytest.raises(UserError) as raised:
        questions(f"held-out:{path}")
    assert str(raised.value).startswith(f"{path}: 2 of 4 rows cannot be asked, the first in line 2: ")
    assert said in str(raised.value)
    assert str(raised.value).endswith(
        f"`apigen check {path} --grounding off --fix GOOD.jsonl` writes the rows that pass"
    )
    good = tmp_path / "GOOD.jsonl"
    assert apigen("check", path, "--grounding", "off", "--fix", good).returncode == 0
    assert len(questions(f"held-out:{good}")) == 2


def test_held_out_rows_of_one_id_are_counted(tmp_path: Path) -> None:
    """An answer belongs to one question."""
    path = rows(tmp_path / "rows.jsonl", *(brewing(leaf=leaf) for leaf in ("mint", "nettle", "oolong")))
    with pytest.raises(
        UserError, match=r"rows.jsonl: 2 of 3 rows have the id of an earlier row, the first in line 2: "
    ):
        questions(f"held-out:{path}")


def test_a_conversation_is_put_with_its_speakers(tmp_path: Path) -> None:
    """As it is trained on; a row that has texts and no speakers gives them as the system's words."""
    turns = [("system", "Be brief."), ("user", "Tea!"), ("assistant", "Which leaf?"), ("user", "Mint.")]
    call = {"type": "function", "function": {"name": "brew", "arguments": '{"leaf": "mint"}'}}
    messages: list[dict[str, Any]] = [{"role": role, "content": text} for role, text in turns]
    messages.append({"role": "assistant", "content": "", "tool_calls": [call]})
    tools = [{"type": "function", "function": tool} for tool in brewing()["tools"]]
    (asked,) = questions(f"held-out:{rows(tmp_path / 'chat.jsonl', {'messages': messages, 'tools': tools})}")
    assert [(one.role, one.content) for one in asked.messages] == turns
    told = brewing(leaf="mint") | {"context": ["Be brief."]}
    (asked,) = questions(f"held-out:{rows(tmp_path / 'own.jsonl', told)}")
    assert [(one.role, one.content) for one in asked.messages] == [("system", "Be brief."), ("user", "Tea!")]


def test_the_version_of_held_out_rows_is_a_digest(tmp_path: Path) -> None:
    """Of what is asked, and it names the rules of scoring."""
    first = HeldOut(rows(tmp_path / "one.jsonl", brewing(leaf="mint"))).version
    assert first.endswith(f", {RULES}")
    assert first == HeldOut(rows(tmp_path / "two.jsonl", brewing(leaf="mint"))).version
    assert first != HeldOut(rows(tmp_path / "three.jsonl", brewing() | {"query": "Coffee!"})).version


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from((0.0, 1.0, 2.5)) | st.text("aA. '", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)
SCHEMA = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(("string", "integer", "number", "boolean", "array", "object", "null")),
        "items": st.fixed_dictionaries({"type": st.sampled_from(("string", "integer", "number", "array", "object"))}),
        "default": JSON,
    },
)


@settings(max_examples=50)
@given(st.lists(st.tuples(JSON, SCHEMA), max_size=3))
def test_a_rows_own_answer_is_always_right(arguments: list[tuple[Any, Any]]) -> None:
    """Whatever the schema says of it."""
    named = {f"x{index}": value for index, (value, _) in enumerate(arguments)}
    schema = {"type": "object", "properties": {f"x{index}": one for index, (_, one) in enumerate(arguments)}}
    row = Row("1", 1, "?", (Tool("f", "", schema),), [{"name": "f", "arguments": named}])
    question = question_of(row, "here")
    assert question.ground_truth.score(Answer((Call("f", named),))).error_type is None


def test_the_starters_seeds_are_right_as_held_out_rows(tmp_path: Path) -> None:
    """Every fifth of them, with the schemas that functions really have."""
    library = load_starter()
    seeds = library.seeds[::5]
    tools = {tool.name: tool.offered() for tool in library.tools}
    path = rows(
        tmp_path / "rows.jsonl",
        *(
            {
                "id": index,
                "query": seed.query,
                "tools": [tools[name] for name in sorted(seed.tool_names)],
                "calls": [{"name": call.name, "arguments": call.arguments} for call in seed.calls],
            }
            for index, seed in enumerate(seeds)
        ),
    )
    found = questions(f"held-out:{path}")
    wrong = [one.id for one, seed in zip(found, seeds, strict=True) if not right(one, seed.calls)]
    assert len(found) > 200
    assert wrong == []


def right(question: Question, calls: tuple[Call, ...]) -> bool:
    return question.ground_truth.score(Answer(calls)).correct
