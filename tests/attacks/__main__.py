"""Writes the table of attacks into docs/sandbox.md. Run in tests/ as ``python -m attacks``."""

from attacks.table import DOCUMENT, written_into

DOCUMENT.write_text(written_into(DOCUMENT.read_text("utf-8")), "utf-8")
