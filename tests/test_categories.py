"""The 21 categories for tools from anywhere."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

import pytest

from apigen.agreement import wilson
from apigen.errors import ModelRefused
from apigen.library.catalogue import load_library
from apigen.library.categories.ask import ask_category, question, read_answer
from apigen.library.categories.categorise import Categorised, categorise, merged
from apigen.library.categories.classifier import SURE, shipped, train
from apigen.library.categories.labelled import labelled_apis, vocabulary
from apigen.library.categories.labels import of_label
from apigen.library.categories.words import words
from apigen.library.starter import CATEGORIES
from apigen.models.base import EndpointFacts, Options
from apigen.records import Completion, Json, Message, Tool
from starter_library import starter

EMPTY = {"type": "object", "properties": {}}
VAGUE = Tool("frobnicate", "Zzyzx qwertz.", EMPTY)
LEAGUE = Tool("standings", "League table of football teams in a season.", EMPTY)

RAPIDAPI = """
Advertising; Artificial Intelligence/Machine Learning; Business; Business Software; Commerce; Communication;
Cryptography; Cybersecurity; Data; Database; Devices; eCommerce; Education; Email; Energy; Entertainment; Events;
Finance; Financial; Food; Gaming; Health and Fitness; Jobs; Location; Logistics; Mapping; Media; Medical; Monitoring;
Movies; Music; News, Media; Other; Payments; Reward; Science; Search; SMS; Social; Sports; Storage; Text Analysis;
Tools; Translation; Transportation; Travel; Video, Images; Visual Recognition; Weather
"""
"""The 49 categories that ToolBench took over from RapidAPI (arXiv 2307.16789)."""


def test_every_category_of_toolbench_is_mapped() -> None:
    """As RapidAPI writes it and as ToolBench's folders do."""
    labels = [label.strip() for label in RAPIDAPI.replace("\n", " ").split(";")]
    assert len(labels) == 49
    for label in labels:
        folder = label.replace("/", "_").replace(", ", "_").replace(" ", "_")
        assert of_label(label) in CATEGORIES
        assert of_label(folder) == of_label(label)


@pytest.mark.parametrize(
    ("label", "category"),
    [
        ("Weather", "Environment"),
        ("HEALTH & FITNESS", "Health"),
        ("e-commerce", "Commerce"),
        ("developer_tools", "Technology"),
        ("my own things, stocks", "Finance"),
        ("Lifestyle", "Lifestyle"),
        ("my own things", None),
        ("", None),
    ],
)
def test_spelling_does_not_matter(label: str, category: str | None) -> None:
    """Case, punctuation, lists of labels; what is not known is said to be so."""
    assert of_label(label) == category


def test_no_label_is_under_two_categories() -> None:
    """The data file says each thing once, and names no other categories than the 21."""
    assert {api.category for api in labelled_apis()} == set(vocabulary()) == set(CATEGORIES)
    text = files("apigen.library.categories").joinpath("labels.toml").read_text("utf-8")
    listed = Counter(
        "".join(filter(str.isalnum, label.lower().replace("&", "and")))
        for line in text.splitlines()
        if not line.startswith("#")
        for label in line.split('"')[1::2]
    )
    assert [label for label, times in listed.items() if times > 1] == []


def test_the_labelled_set_is_what_the_documents_say() -> None:
    """At least twenty a category, no name twice in one, and a fair part of each held back."""
    apis = labelled_apis()
    assert min(Counter(api.category for api in apis).values()) >= 20
    assert max(Counter((api.category, api.name) for api in apis).values()) == 1
    held_back = Counter(api.category for api in apis if api.held_back)
    assert set(held_back) == set(CATEGORIES)
    assert 0.2 < held_back.total() / len(apis) < 0.3


def test_the_classifier_knows_what_it_has_not_seen() -> None:
    """Far above chance, with the whole interval, on what was held back and on the starter library."""
    classifier = train((api for api in labelled_apis() if not api.held_back), vocabulary())
    held_back = [api for api in labelled_apis() if api.held_back]
    right = sum(
        classifier.guess((api.name, api.parameters, api.description)).category == api.category for api in held_back
    )
    assert wilson(right, len(held_back)).low > 0.75
    tools = starter().tools
    right = sum(classifier.guess_tool(tool).category == tool.category for tool in tools)
    assert wilson(right, len(tools)).low > 0.65


def test_a_known_label_decides() -> None:
    """Whatever the words say; but Other says nothing, so then the words do."""
    assert categorise(LEAGUE, "Weather") == Categorised("Environment", "label")
    for label in ("", "Other", "my own things", "Test"):
        found = categorise(LEAGUE, label)
        assert (found.category, found.by) == ("Sports", "classifier")
        assert SURE <= found.confidence <= 1


def test_what_nothing_settles_is_other() -> None:
    """Words that were never seen say nothing."""
    assert categorise(VAGUE) == Categorised("Other", "nobody", 0.0)
    assert shipped().guess(["", ""]).confidence == 0


def test_a_tool_gets_one_of_the_21_and_a_note_if_its_label_is_unknown() -> None:
    """The label is not lost; a category that is one already stays."""
    tool, note = merged(Tool("standings", LEAGUE.description, EMPTY, category="My things"))
    assert tool.category == "Sports"
    assert note is not None
    assert "'My things'" in note.text
    assert merged(Tool("standings", LEAGUE.description, EMPTY, category="Music"))[0].category == "Music"
    assert merged(Tool("standings", LEAGUE.description, EMPTY, category="stocks")) == (
        Tool("standings", LEAGUE.description, EMPTY, category="Finance"),
        None,
    )


def test_every_tool_of_a_library_has_one_of_the_21(tmp_path: Path) -> None:
    """The starter library keeps its own; other sources get theirs."""
    tools = [{"name": "standings", "description": LEAGUE.description, "category": "Unheard of"}, {"name": "x"}]
    (tmp_path / "t.json").write_text(json.dumps(tools))
    library = load_library([f"openai:{tmp_path / 't.json'}", "python:statistics", "starter:other"])
    assert {tool.category for tool in library.tools} <= set(CATEGORIES)
    assert {tool.category for tool in library.tools if tool.origin == "starter"} == {"Other"}
    assert library.by_name()["standings"].category == "Sports"


def test_words_are_those_that_people_would_see() -> None:
    """Parts of names, lower case, without endings and without words that say nothing."""
    assert words("getUserAccountsByID", "The trading of stocks") == {"user", "account", "id", "trad", "stock"}


class Answering:
    """A model that always says the same, or refuses."""

    locator = "answering"
    llm = True
    extra = MappingProxyType[str, Json]({})

    def __init__(self, text: str | None) -> None:
        self.text = text
        self.asked: list[Message] = []

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        assert options.temperature == 0
        self.asked += messages
        if self.text is None:
            raise ModelRefused("filtered")
        return Completion(self.text, self.locator)

    def endpoints(self) -> tuple[EndpointFacts, ...]:
        return ()

    def stop(self) -> None:
        pass

    async def aclose(self) -> None:
        return


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ('{"category": "Music"}', "Music"),
        ('Surely {"category": "Data"}? No:\n```json\n{"category": "Music"}\n```', "Music"),
        ("Music", None),
        ('{"category": "music"}', None),
        ('{"category": "Pets"}', None),
        ('{"category": "Music", "sure": true}', None),
        ('{"category": ["Music"]}', None),
        ('{"category": "Music"', None),
        ("", None),
    ],
)
def test_a_models_answer_is_read_strictly(text: str, category: str | None) -> None:
    """One object with one of the 21; anything else is no answer."""
    assert read_answer(text) == category
    found = categorise(VAGUE)
    asked = asyncio.run(ask_category(VAGUE, found, Answering(text)))
    assert asked == (found if category is None else Categorised(category, "model"))


def test_a_model_is_asked_only_where_nothing_else_decided() -> None:
    """A label and a sure classifier cost no call; a refusal leaves what was found."""
    model = Answering('{"category": "Music"}')
    for found in (categorise(LEAGUE), categorise(VAGUE, "Weather")):
        assert asyncio.run(ask_category(LEAGUE, found, model)) == found
    assert model.asked == []
    assert asyncio.run(ask_category(VAGUE, categorise(VAGUE), Answering(None))).by == "nobody"


def test_the_question_names_the_categories_and_the_tool() -> None:
    """A dollar sign in a description is part of it."""
    (message,) = question(Tool("f", "Costs $tool or ${x}.", EMPTY))
    assert all(category in message.content for category in CATEGORIES)
    assert "Costs $tool or ${x}." in message.content
