"""Seeded, pure sampling: which tools, which examples, which style and wording a request gets.

Nothing here looks at a clock, a model or the order in which work happened to finish. A round's requests follow from
the configuration, the library, and what had been accepted a fixed number of rounds before.
"""
