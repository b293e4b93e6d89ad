"""music_theory."""

CATEGORY = "Music"
