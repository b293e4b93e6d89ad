"""communication_wording."""

CATEGORY = "Communication"
