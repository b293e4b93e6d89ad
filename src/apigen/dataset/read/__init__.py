"""Datasets made elsewhere: one file per format, and the table of them."""
