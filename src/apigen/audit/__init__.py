"""The audit: the checks of a run applied to datasets from elsewhere.

A row is read by :mod:`apigen.dataset.read`, meets the stages (:mod:`.rows`), is counted (:mod:`.tally`) and, where that
is wanted, mended and written again (:mod:`.mend`, :mod:`.fix`). :mod:`.run` is the page to read first.
"""
