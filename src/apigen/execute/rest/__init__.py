"""Calls of web services, in the order in which one happens.

``credentials`` are chosen, the ``request`` is written (``styles``, ``body``), the ``guard`` looks where it goes, the
host's ``lane`` lets it through, ``exchange`` sends it and reads a bounded answer (``inflate``), ``redirects`` are
followed, ``outcome`` says what the answer means (``content``, ``message``). ``executor`` puts it together and tries
again.
"""
