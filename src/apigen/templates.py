"""The Jinja templates that the packages ship as data files, each read and compiled once."""

from functools import cache
from importlib.resources import files

import jinja2


@cache
def html(package: str, name: str) -> jinja2.Template:
    """A template of a page: what is inserted is escaped.

    Args:
        package: dotted name of the package that ships it.
        name: path of the file in that package.
    """
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=True, trim_blocks=True)
    return environment.from_string(_source(package, name))


@cache
def markdown(package: str, name: str) -> jinja2.Template:
    """A template of a Markdown document, such as a dataset card: what is inserted is not escaped."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False, trim_blocks=True)  # noqa: S701 - Markdown
    return environment.from_string(_source(package, name))


@cache
def text(package: str, name: str) -> jinja2.Template:
    """A template of a prompt: what is inserted is not escaped, and line breaks stay as they are in the file."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701 - plain text
    return environment.from_string(_source(package, name))


def _source(package: str, name: str) -> str:
    return files(package).joinpath(name).read_text("utf-8")
