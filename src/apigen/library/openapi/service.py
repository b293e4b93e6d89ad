"""What all operations of a spec share."""

import msgspec

from apigen.library.openapi.documents import Documents
from apigen.library.openapi.fitting import Fitter
from apigen.library.openapi.recognise import Version
from apigen.library.openapi.schemas import SchemaReader
from apigen.library.openapi.security import Schemes


class Service(msgspec.Struct, frozen=True):
    """A spec, with what reads its parts."""

    documents: Documents
    version: Version
    reader: SchemaReader
    fitter: Fitter
    schemes: Schemes
    origin: str
    server: str = ""
    """The address that the user named instead of the spec's."""
