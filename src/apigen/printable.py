"""Text of others, such as a server's error message, on its way to a terminal: it may hold control sequences."""


def escaped(text: str) -> str:
    """Text with control characters as escapes, such as ``\\x1b``; line breaks and tabs stay."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else letter.encode("unicode_escape").decode()
        for letter in text
    )
