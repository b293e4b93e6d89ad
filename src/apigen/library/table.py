"""Every source of tools by the prefix of its locators.

Each is imported when it is first read: a run over functions need not wait for what reads OpenAPI.
"""

from apigen.execute.grants import NO_GRANTS, Grants
from apigen.library.base import Loaded, Source
from apigen.library.starter_source import load_starter
from apigen.locators import FILE, Locator


def _python(locator: Locator, grants: Grants = NO_GRANTS) -> Loaded:
    from apigen.library.python import load_python  # noqa: PLC0415 - see above, as for all of these

    return load_python(locator, grants)


def _openapi(locator: Locator, grants: Grants = NO_GRANTS) -> Loaded:
    from apigen.library.openapi.source import load_openapi  # noqa: PLC0415

    return load_openapi(locator, grants)


def _toolbench(locator: Locator, grants: Grants = NO_GRANTS) -> Loaded:
    from apigen.library.toolbench.source import load_toolbench  # noqa: PLC0415

    return load_toolbench(locator, grants)


def _tool_json(locator: Locator, grants: Grants = NO_GRANTS) -> Loaded:
    from apigen.library.tooljson import load_tool_json  # noqa: PLC0415

    return load_tool_json(locator, grants)


def _mcp(locator: Locator, grants: Grants = NO_GRANTS) -> Loaded:
    from apigen.library.mcp import load_mcp  # noqa: PLC0415

    return load_mcp(locator, grants)


def _file(locator: Locator, grants: Grants = NO_GRANTS) -> Loaded:
    from apigen.library.file import load_file  # noqa: PLC0415

    return load_file(locator, grants)


SOURCES: dict[str, Source] = {
    "starter": load_starter,
    "python": _python,
    "openapi": _openapi,
    "toolbench": _toolbench,
    "openai": _tool_json,
    "mcp": _mcp,
    FILE: _file,
}
