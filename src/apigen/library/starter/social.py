"""Social: posts and their reach, groups of friends, celebrations."""

import re
import unicodedata
from collections import deque
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

CATEGORY = "Social"

_Name = Annotated[str, Field(examples=["Amara", "Jonas", "Mei", "Priya", "Tomás", "Olivia", "Kwame", "Ingrid"])]


@dataclass(frozen=True)
class _Payment:
    """What one member of a group has paid for everybody."""

    person: _Name
    amount: Annotated[float, Field(ge=0, le=1e9)]


@dataclass(frozen=True)
class _Friendship:
    """Two people who know each other."""

    person: _Name
    friend: _Name


# X: twitter-text configuration v3 (github.com/twitter/twitter-text). Mastodon: "Posting to your profile",
# docs.joinmastodon.org. Instagram: Graph API "IG User Media" (caption). LinkedIn Help: "Post character limit".
_POST_LIMITS = {"X": 280, "Mastodon": 500, "Instagram": 2200, "LinkedIn": 3000}
_LINK_LENGTH = 23  # every link counts as this many characters on X and Mastodon
_LINK = re.compile(r"https?://\S+")
_REMOTE_MENTION = re.compile(r"(@\w+)@[\w.-]+\w")
_X_LIGHT_RANGES = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))  # these characters count 1, others 2
_PICTOGRAPH = "[\u2600-\u27bf\U0001f300-\U0001faff]\ufe0f?[\U0001f3fb-\U0001f3ff]?"
_EMOJI = re.compile(f"[\U0001f1e6-\U0001f1ff]{{2}}|{_PICTOGRAPH}(?:\u200d{_PICTOGRAPH})*")
_ONE_EMOJI = "\U0001f600"


def post_characters_left(
    text: Annotated[
        str,
        Field(
            examples=[
                "Doors open at six, bring a friend!",
                "Big news: our bakery turns ten today",
                "Lost cat near Elm Street, please share",
                "Slides from my talk: https://example.org/talk",
            ]
        ),
    ],
    platform: Literal["X", "Mastodon", "Instagram", "LinkedIn"],
) -> dict[str, Any]:
    """Count how much of a social network's length limit a post uses and how many characters are left.

    On X and Mastodon each link counts 23 characters; on X most non-Latin characters and emoji count 2; on Mastodon
    only the user part of a mention of somebody on another server counts.

    Args:
        text: The post exactly as it would be published.
        platform: The network it is meant for.

    Returns:
        ``used``, ``left`` (negative when too long), ``limit`` and ``fits``.

    Source: twitter-text configuration v3; docs.joinmastodon.org; Instagram Graph API; LinkedIn Help.
    """
    counted = unicodedata.normalize("NFC", text)
    if platform in ("X", "Mastodon"):
        counted = _EMOJI.sub(_ONE_EMOJI, _LINK.sub("x" * _LINK_LENGTH, counted))
    if platform == "Mastodon":
        counted = _REMOTE_MENTION.sub(r"\1", counted)
    used = sum(_x_weight(character) for character in counted) if platform == "X" else len(counted)
    limit = _POST_LIMITS[platform]
    return {"used": used, "left": limit - used, "limit": limit, "fits": used <= limit}


def _x_weight(character: str) -> int:
    return 1 if any(first <= ord(character) <= last for first, last in _X_LIGHT_RANGES) else 2


def post_engagement_rate(
    followers: Annotated[int, Field(ge=1, le=10_000_000_000)],
    likes: Annotated[int, Field(ge=0, le=10_000_000_000)],
    comments: Annotated[int, Field(ge=0, le=10_000_000_000)] = 0,
    shares: Annotated[int, Field(ge=0, le=10_000_000_000)] = 0,
) -> float:
    """Engagement rate of a social media post: interactions per follower, in percent.

    Args:
        followers: Followers of the account that posted.
        likes: Likes or other reactions that the post received.
        comments: Comments or replies that it received.
        shares: Shares, reposts or retweets that it received.

    Returns:
        (likes + comments + shares) / followers, in percent.

    Source: Rival IQ, Social Media Industry Benchmark Report (engagement rate per post by follower).
    """
    return round(100 * (likes + comments + shares) / followers, 3)


def settle_group_expenses(payments: Annotated[list[_Payment], Field(min_length=2)]) -> dict[str, Any]:
    """Split what a group of friends or travelers spent evenly and say who has to pay whom how much to be even.

    Args:
        payments: Every member of the group with what they paid for all, 0 for those who paid nothing. All in the
            same currency.

    Returns:
        ``total``, ``share`` per person, and ``transfers``, each with ``payer``, ``receiver`` and ``amount``; at most
        one fewer than there are people. A cent that cannot be split is borne by those listed first.

    Raises:
        ValueError: A person is listed twice.
    """
    people = [payment.person for payment in payments]
    if len(set(people)) != len(people):
        raise ValueError("each person may be listed only once in payments; add up what they paid")
    cents = [round(payment.amount * 100) for payment in payments]
    share, odd_cents = divmod(sum(cents), len(people))
    balance = {
        person: paid - share - (position < odd_cents)
        for position, (person, paid) in enumerate(zip(people, cents, strict=True))
    }
    transfers = []
    while any(balance.values()):
        payer, receiver = min(balance, key=lambda name: balance[name]), max(balance, key=lambda name: balance[name])
        amount = min(-balance[payer], balance[receiver])
        balance[payer] += amount
        balance[receiver] -= amount
        transfers.append({"payer": payer, "receiver": receiver, "amount": amount / 100})
    return {"total": sum(cents) / 100, "share": round(sum(cents) / 100 / len(people), 2), "transfers": transfers}


def degrees_of_separation(
    friendships: Annotated[list[_Friendship], Field(min_length=1)], person: _Name, other: _Name
) -> dict[str, Any]:
    """Find the shortest chain of acquaintances between two people in a social network.

    Args:
        friendships: Pairs of people who know each other; the order within a pair does not matter.
        person: Where the chain starts.
        other: Where it ends.

    Returns:
        ``degrees``, the number of steps (null when no chain exists), and ``chain``, the names along it.

    Raises:
        ValueError: One of the two people is in none of the pairs.

    Source: breadth-first search; Cormen et al., Introduction to Algorithms, chapter "Elementary Graph Algorithms".
    """
    neighbours: dict[str, list[str]] = {}
    for pair in friendships:
        neighbours.setdefault(pair.person, []).append(pair.friend)
        neighbours.setdefault(pair.friend, []).append(pair.person)
    for name in (person, other):
        if name not in neighbours:
            raise ValueError(f"{name!r} does not appear in friendships")
    reached_from: dict[str, str | None] = {person: None}
    queue = deque([person])
    while queue and other not in reached_from:
        current = queue.popleft()
        for neighbour in neighbours[current]:
            if neighbour not in reached_from:
                reached_from[neighbour] = current
                queue.append(neighbour)
    if other not in reached_from:
        return {"degrees": None, "chain": []}
    chain = [other]
    while (previous := reached_from[chain[-1]]) is not None:
        chain.append(previous)
    return {"degrees": len(chain) - 1, "chain": chain[::-1]}


def speed_networking_rounds(
    guests: Annotated[list[_Name], Field(min_length=2)], rounds: Annotated[int, Field(ge=1)] | None = None
) -> list[list[list[str]]]:
    """Plan who talks to whom at a mixer or speed-dating evening, so that nobody meets the same person twice.

    Args:
        guests: Names of everybody who takes part.
        rounds: How many rounds to plan; without it, as many as it takes for everybody to meet everybody.

    Returns:
        One list per round with the pairs of that round. With an odd number of guests one sits out each round.

    Raises:
        ValueError: A name appears twice, or there are more rounds than partners.

    Source: the circle method; Lucas, "Récréations mathématiques", volume 2 (1883).
    """
    if len(set(guests)) != len(guests):
        raise ValueError("every guest must be named once")
    seats: list[str | None] = [*guests]
    if len(seats) % 2:
        seats.append(None)
    possible = len(seats) - 1
    if rounds is not None and rounds > possible:
        raise ValueError(f"{len(guests)} guests allow at most {possible} rounds without a repeated pair")
    plan = []
    for _ in range(rounds or possible):
        pairs = zip(seats[: len(seats) // 2], reversed(seats), strict=False)
        plan.append([[left, right] for left, right in pairs if left is not None and right is not None])
        seats = [seats[0], seats[-1], *seats[1:-1]]
    return plan


# Emily Post, "Etiquette" (1922, extended in later editions); the traditional list kept by the Chicago Public Library.
_ANNIVERSARY_GIFTS = {
    1: "paper", 2: "cotton", 3: "leather", 4: "fruit or flowers", 5: "wood", 6: "iron or candy", 7: "wool or copper",
    8: "bronze", 9: "pottery", 10: "tin or aluminum", 11: "steel", 12: "silk", 13: "lace", 14: "ivory", 15: "crystal",
    20: "china", 25: "silver", 30: "pearl", 35: "coral", 40: "ruby", 45: "sapphire", 50: "gold", 55: "emerald",
    60: "diamond", 75: "diamond",
}  # fmt: skip


def wedding_anniversary_gift(years_married: Annotated[int, Field(ge=1, le=75)]) -> dict[str, Any]:
    """Traditional gift material of a wedding anniversary, such as silver for the 25th.

    Args:
        years_married: Which anniversary it is, in full years of marriage.

    Returns:
        ``material`` (null where tradition has none for that year), and ``next_year`` and ``next_material`` of the
        next anniversary that has one (null after the last).

    Source: Emily Post, "Etiquette", as extended in later editions (traditional list, United States).
    """
    following = next((year for year in _ANNIVERSARY_GIFTS if year > years_married), None)
    return {
        "material": _ANNIVERSARY_GIFTS.get(years_married),
        "next_year": following,
        "next_material": None if following is None else _ANNIVERSARY_GIFTS[following],
    }


# Pew Research Center, "Defining generations: Where Millennials end and Generation Z begins" (2019).
_GENERATIONS = (
    (1901, 1927, "Greatest Generation"),
    (1928, 1945, "Silent Generation"),
    (1946, 1964, "Baby Boomers"),
    (1965, 1980, "Generation X"),
    (1981, 1996, "Millennials"),
    (1997, 2012, "Generation Z"),
)


def generation_of_birth_year(birth_year: Annotated[int, Field(ge=1901, le=2012)]) -> dict[str, Any]:
    """Name the social generation, such as Millennials, that somebody born in a year belongs to.

    Args:
        birth_year: Year of birth.

    Returns:
        ``generation`` with the ``first_year`` and ``last_year`` of birth that it spans.

    Raises:
        ValueError: The year is outside 1901 to 2012, the years for which generations are defined.

    Source: Pew Research Center, "Defining generations: Where Millennials end and Generation Z begins" (2019).
    """
    for first, last, name in _GENERATIONS:
        if first <= birth_year <= last:
            return {"generation": name, "first_year": first, "last_year": last}
    raise ValueError(f"no generation is defined for {birth_year}; give a birth year from 1901 to 2012")
