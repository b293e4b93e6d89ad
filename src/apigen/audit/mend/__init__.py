"""Fixes rows without guessing: unambiguous values are converted to what the schema expects.

:mod:`.values` turns one value into what its schema asks for, :mod:`.calls` goes over a row's calls, and :mod:`.place`
puts them back where they stood.
"""

from apigen.audit.mend.calls import Mender
from apigen.audit.mend.place import JSON_TEXT, replaced
from apigen.audit.mend.values import Mend

__all__ = ["JSON_TEXT", "Mend", "Mender", "replaced"]
