"""The system prompt at the beginning of the first user message, for chat templates without a system role."""

from apigen.dialogue.native import Chat


def folded(chat: Chat) -> Chat:
    """A conversation whose first message begins with the system prompt; unchanged if there is none."""
    said = [message["content"] for message in chat if message["role"] == "system"]
    rest = [message for message in chat if message["role"] != "system"]
    if not said or not rest:
        return chat
    return [{**rest[0], "content": "\n\n".join([*said, rest[0]["content"]])}, *rest[1:]]
