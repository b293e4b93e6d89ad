"""Text of others, such as a server's error message, made safe to print: it may hold a terminal's control sequences."""


def in_plain_line(text: str, most: int) -> str:
    """Text in one line of at most ``most`` characters, with control characters left out."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:most]


def escaped(text: str) -> str:
    """Text with control characters as escapes, such as ``\\x1b``; line breaks and tabs stay."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else letter.encode("unicode_escape").decode()
        for letter in text
    )
