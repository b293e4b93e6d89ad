"""How an endpoint is reached: its address, its API key, and the proxy on the way."""

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote, quote_plus

import aiohttp
from yarl import URL

from apigen.errors import one_line
from apigen.model_config import ModelConfig
from apigen.models.environment import query_values

_SHORTEST_KEY = 8
"""Characters of a key; shorter ones could stand in any text by chance."""
_SURELY_A_KEY = 16
"""Characters, a digit among them, of what is looked for in good answers too: keys of local servers are often words."""

_PERCENT = re.compile(r"%[0-9A-F]{2}")


def address(config: ModelConfig, path: str, query: Mapping[str, str] | None = None) -> URL:
    """Where something of an endpoint is, with what its ``query`` takes from the environment.

    Args:
        config: with a resolved ``base_url``.
        path: beneath it.
        query: added to what the configuration adds.

    Raises:
        UserError: the environment lacks a variable.
    """
    base = URL(config.base_url or "")
    return (base / path.lstrip("/")).with_query(base.query).update_query({**query_values(config), **(query or {})})


def shown(url: URL) -> str:
    """An address without what may be secret."""
    return str(url.with_query(None).with_fragment(None).with_user(None))


def key_header(config: ModelConfig) -> dict[str, str]:
    """The header that carries the key; none where there is no key."""
    key, name = os.environ.get(config.api_key_env, "").strip(), config.api_key_header
    return {name: f"Bearer {key}" if name.lower() == "authorization" else key} if key else {}


def without_key(config: ModelConfig, content: bytes, *, good: bool) -> bytes:
    """What a server returns, with any key that it repeats replaced by the name of the variable that holds it.

    Args:
        config: names the variables.
        content: as it came.
        good: whether it is a good answer, in which a word that is used as a key has another meaning.
    """
    for variable in (config.api_key_env, *config.query_variables().values()):
        key = os.environ.get(variable, "").strip()
        sure = len(key) >= _SURELY_A_KEY and any(letter.isdigit() for letter in key)
        if len(key) >= _SHORTEST_KEY and (sure or not good):
            content = _anyhow_spelled(key).sub(f"${variable}".encode(), content)
    return content


@lru_cache(maxsize=64)
def _anyhow_spelled(key: str) -> re.Pattern[bytes]:
    """Finds a key as it is and as addresses spell it, the longest form first, so that none is left in pieces."""
    key = key.encode(errors="replace").decode()
    forms = {key, quote(key), quote(key, safe=""), quote_plus(key), URL.build(query={"k": key}).raw_query_string[2:]}
    longest_first = sorted(forms, key=len, reverse=True)
    return re.compile("|".join(_PERCENT.sub(r"(?i:\g<0>)", re.escape(form)) for form in longest_first).encode())


def text_without_key(config: ModelConfig, text: str) -> str:
    """The same for a text that is not a good answer, such as the reason phrase of a status."""
    return without_key(config, text.encode(errors="replace"), good=False).decode()


def complaint(config: ModelConfig, error: BaseException) -> str:
    """The message of an exception of HTTP or of a socket, in one line, without the address and the keys in it."""
    # As text, aiohttp's errors about answers end in the whole address that was asked.
    said = error.message if isinstance(error, aiohttp.ClientResponseError) else str(error)
    return one_line(text_without_key(config, said), 400) or type(error).__name__


def socket_problem(config: ModelConfig, error: OSError) -> str:
    """Why there is no connection, as the operating system names it, without the address that Python adds."""
    match error:
        case ConnectionRefusedError():
            return "connection refused"
        case _ if error.errno:  # what asyncio puts beside it repeats the address
            return os.strerror(error.errno).lower()
        case _:
            return complaint(config, error)


def proxy_problem(config: ModelConfig, error: Exception, proxy: str | None) -> str | None:
    """What a proxy did, in words, without its password; ``None`` where none is to blame."""
    if proxy is None:
        return None
    match error:
        case aiohttp.ClientHttpProxyError():
            said = f"HTTP {error.status}: {complaint(config, error)}"
        case aiohttp.ClientProxyConnectionError():
            said = socket_problem(config, error.os_error)
        case aiohttp.ClientConnectorDNSError():  # where there is a proxy, no other name is looked up
            said = f"its host {error.host} cannot be resolved"
        case _:
            return None
    return f"cannot connect to proxy {shown(URL(proxy))} (from the environment): {said}"
