"""Mending without guessing: what a row certainly means, written as its tools want it.

:mod:`.values` turns one value into what its schema asks for, :mod:`.calls` goes over a row's calls, and :mod:`.place`
puts them back where they stood.
"""

from apigen.audit.mend.calls import Mender
from apigen.audit.mend.place import JSON_TEXT, replaced
from apigen.audit.mend.values import Mend

__all__ = ["JSON_TEXT", "Mend", "Mender", "replaced"]
