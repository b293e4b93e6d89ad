"""lifestyle_home."""

CATEGORY = "Lifestyle"
