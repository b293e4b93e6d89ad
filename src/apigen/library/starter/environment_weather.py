"""environment_weather."""

CATEGORY = "Environment"
