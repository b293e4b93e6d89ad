"""``python -m apigen``."""

from apigen.cli.main import main

main()
