"""gaming_table."""

CATEGORY = "Gaming"
