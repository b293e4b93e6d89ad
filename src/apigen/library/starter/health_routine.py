"""health_routine."""

CATEGORY = "Health"
