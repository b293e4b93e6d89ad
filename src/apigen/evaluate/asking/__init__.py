"""Asking a model a suite's questions.

base           a prompt, a response, and what can be asked
prompts        from a question to its prompt, and from a response to its answer, in the native or the prompted form
notations      calls in a model's text, in the notations of chat templates
template       a chat template: the prompt it renders, and whether its calls can be parsed
endpoint       a model behind an OpenAI-compatible endpoint
local          a model in a folder, through transformers; generating is its engine
table          the kinds of models, by name
answer_record  one line of answers.jsonl
kept           the folder of an evaluation: its settings and every answer so far
sampling       a sample of each category
ask            asks every question that has no answer yet
"""
