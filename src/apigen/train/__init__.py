"""Fine-tuning a chat model on function-calling data, as the paper trained its own, and measuring nothing else.

examples and pairs are read from any dataset, a form puts them to a chat template, tokens says which of their tokens are
trained, supervised and preferring train, run lines it up: :func:`apigen.train.run.train` is the whole of it.

What needs torch and its friends (the extra ``train``) is imported by the modules that hold models: ``loading``,
``scratch``, ``supervised``, ``preferring`` and ``fit``. All others work without.
"""
