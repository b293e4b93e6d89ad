"""apigen turns a library of executable APIs into a verified function-calling dataset."""

__version__ = "0.1.0"
