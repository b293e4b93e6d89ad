"""What the server answers to the peer's prompts, which its own form of answer tells apart from ours."""


def to(system: str) -> str | None:
    return None
