"""The starter library, loaded once in a process for all the tests that only read it."""

from functools import cache

from apigen.library.base import Loaded
from apigen.library.starter_source import load_starter
from apigen.records import Tool


@cache
def starter() -> Loaded:
    return load_starter()


@cache
def starter_tools() -> dict[str, Tool]:
    return {tool.name: tool for tool in starter().tools}
