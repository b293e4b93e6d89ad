"""Templates of the packages: which of them escape, and that nothing missing is rendered as nothing."""

import jinja2
import pytest

from apigen.templates import html, markdown, text

PROBE = "{% if true %}\n{{ value }}\n{% endif %}\n"


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("packages")
    name = f"templates_{folder.name.replace('-', '_')}"  # each test its own, since templates are kept
    (folder / name).mkdir()
    (folder / name / "__init__.py").touch()
    (folder / name / "probe.j2").write_text(PROBE)
    monkeypatch.syspath_prepend(folder)
    return name


def test_pages_are_escaped_and_other_texts_are_not(package: str) -> None:
    """Pages and documents lose the line breaks behind blocks, prompts keep theirs."""
    assert html(package, "probe.j2").render(value="<a>") == "&lt;a&gt;\n"
    assert markdown(package, "probe.j2").render(value="<a>") == "<a>\n"
    assert text(package, "probe.j2").render(value="<a>") == "\n<a>\n"


def test_a_value_that_is_missing_is_an_error(package: str) -> None:
    """In every kind of template."""
    for kind in (html, markdown, text):
        with pytest.raises(jinja2.UndefinedError):
            kind(package, "probe.j2").render()
