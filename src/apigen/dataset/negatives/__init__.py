"""Relevance negatives made from verified rows: what was asked for can no longer be done, so the right answer calls
nothing. The page to read first is :mod:`.making`."""
