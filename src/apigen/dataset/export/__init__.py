"""One file per export format, and the table of them."""
