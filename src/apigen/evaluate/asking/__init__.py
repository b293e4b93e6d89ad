"""Asking a model a suite's questions.

base        what is put to a model, what it said, and who can be asked
forms       how a question is put and where its answer stands: native or prompted
notations   calls in what a model wrote, in the notations of chat templates
endpoint    a model behind an OpenAI-compatible endpoint
local       a model in a folder, through transformers; generating is its engine
table       who can be asked, by name
given       one line of answers.jsonl
kept        the folder of an evaluation: what was asked how, and every answer so far
sampling    some questions of each category
ask         asks what is missing
"""
