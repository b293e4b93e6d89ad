"""education_study."""

CATEGORY = "Education"
