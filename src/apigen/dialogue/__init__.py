"""How tools, questions and calls are given to a chat model: the same for training and for evaluation.

native          tools beside the messages, calls in fields of their own, as in OpenAI's protocol and chat templates
prompted        everything in the text of the prompt, and JSON back, as the paper trained its models
form            either of the two, by its name
folding         the system prompt at the beginning of the first user message
chat_template   what a model's chat template makes of a conversation
"""
