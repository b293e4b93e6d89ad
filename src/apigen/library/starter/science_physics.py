"""science_physics."""

CATEGORY = "Science"
