"""What looks like a key, so that it is not written into a run's config.yaml, nor repeated in a message."""

import re
from urllib.parse import parse_qsl, urlsplit

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""A value that the environment has."""

_WORDS = frozenset(
    {
        *("key", "apikey", "accesskey", "token", "accesstoken", "authtoken", "jwt", "bearer"),
        *("secret", "password", "passwd", "pwd", "pass", "credential", "credentials"),
        *("sig", "signature", "auth", "authorization"),
    }
)
"""Words in names of what is secret, whole: ``max_tokens``, ``keyspace`` and ``author`` are none."""
_ALONE = frozenset({"code"})
"""The same where it is the whole name, as in addresses of Azure Functions: ``country_code`` is none."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
"""In ``max_tokens``, ``api-key``, ``apiKey`` and ``APIKey``."""
_BEGINNINGS = ("sk-", "AIza", "eyJ", "ghp_", "xox")
"""Of keys of OpenAI and who followed it, of Google, JSON web tokens, GitHub and Slack."""
_SHORTEST = 8
"""Characters of a value that is recognised by its beginning: ``sk-SK`` is a language."""


def names_a_secret(name: str) -> bool:
    """Whether what has this name is secret."""
    return name.lower() in _ALONE or any(word.lower() in _WORDS for word in _WORD.findall(name))


def looks_like_a_key(value: str) -> bool:
    """Whether a value is surely a key, whatever its name."""
    return value.strip().startswith(_BEGINNINGS) and len(value.strip()) >= _SHORTEST


def refuse_secret(name: str, value: str) -> None:
    """Refuse a key that an address contains as it is.

    Raises:
        ValueError: it would be written into the run's config.yaml.
    """
    bare = looks_like_a_key(name)  # so it is not repeated
    here = bool(value) and not VARIABLE.fullmatch(value)
    if bare or (here and (names_a_secret(name) or looks_like_a_key(value))):
        said, told = ("a word", "key") if bare else (repr(name), name)
        msg = (
            f"{said} in an address looks like a key, and would be written to config.yaml: put it in an environment "
            f'variable, and write query: {{{told}: "${{NAME}}"}} with the name of that variable'
        )
        raise ValueError(msg)


def plain_address(url: str) -> str:
    """An endpoint's address as it is written down, without a slash at its end.

    Raises:
        ValueError: it is not an HTTP address, or contains a secret or ``${NAME}``; secrets are not repeated.
    """
    if "${" in url:
        msg = '${NAME} is not expanded in an address: put it in `query`, such as query: {key: "${NAME}"}'
        raise ValueError(msg)
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # whose words repeat pieces
        parts, whole = None, False
    if "@" in (parts.netloc if parts else url):
        msg = "an endpoint must not contain a password: put the key in the environment variable that api_key_env names"
        raise ValueError(msg)
    for text in (parts.query, parts.fragment) if parts else ():
        for name, value in parse_qsl(text, keep_blank_values=True):
            refuse_secret(name, value)
    if not whole:
        given = "this" if set("@?#") & set(url) or looks_like_a_key(url) else repr(url)
        msg = f"{given} is not an endpoint address: write http://HOST:PORT/v1 or https://HOST/v1"
        raise ValueError(msg)
    return url.rstrip("/")
