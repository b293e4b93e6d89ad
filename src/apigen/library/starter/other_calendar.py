"""other_calendar."""

CATEGORY = "Other"
