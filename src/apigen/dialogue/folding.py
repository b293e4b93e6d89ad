"""The system's words in the user's message, for chat templates that know no system."""

from apigen.dialogue.native import Chat


def folded(chat: Chat) -> Chat:
    """A conversation whose first message begins with what the system says; the same where the system says nothing."""
    said = [message["content"] for message in chat if message["role"] == "system"]
    rest = [message for message in chat if message["role"] != "system"]
    if not said or not rest:
        return chat
    return [{**rest[0], "content": "\n\n".join([*said, rest[0]["content"]])}, *rest[1:]]
