"""A local OpenAI-compatible server without a language model, for tests and benchmarks; it says that it simulates.

tokens      how many tokens a text has, estimated
material    reading a judge's prompt back into what was shown
judge       a judge that decides by rules, and errs at a rate
answering   which kind of prompt it is, and what is said to it
simulator   from a request's body to a reply: what every endpoint shares
network     what goes wrong on the way: busy servers, lost connections, broken answers
app         the endpoints
batches     the batch endpoints, with batch_life and batch_files
serving     the server's life, from its first line to Ctrl-C
"""
