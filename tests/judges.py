"""Judges of a fixed temper for the chat server: what they say depends on the query alone."""

import re

YES, NO = '{"thought": "fits", "pass": true}', '{"thought": "it does not fit", "pass": false}'


def picky(prompt: str) -> str:
    """A judge that dislikes about half of the queries, always the same ones."""
    query = re.search(r"-query>\n(.*)\n", prompt)
    assert query
    return YES if sum(map(ord, query[1])) % 2 else NO


def hard_to_please(prompt: str) -> str:
    """A judge that likes one query of five."""
    query = re.search(r"-query>\n(.*)\n", prompt)
    assert query
    return NO if sum(map(ord, query[1])) % 5 else YES
