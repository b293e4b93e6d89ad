"""The starter library: deterministic, offline functions by category, with hand-written seeds.

A category's functions stand in one module or more, each about one subject, and its seeds in one file. The 21 categories
are those of the APIGen data set (apigen-pipeline.github.io). Imports nothing: these modules are imported inside the
sandbox.
"""

MODULES = {
    "Finance": ("finance", "finance_household"),
    "Data": ("data", "data_statistics"),
    "Sports": ("sports", "sports_scoring"),
    "Travel": ("travel", "travel_planning"),
    "Technology": ("technology", "technology_hardware"),
    "Social": ("social", "social_gatherings"),
    "Media": ("media", "media_photography"),
    "Entertainment": ("entertainment", "entertainment_leisure"),
    "Tools": ("tools", "tools_workshop"),
    "Math": ("math", "math_everyday"),
    "Business": ("business", "business_planning"),
    "Gaming": ("gaming", "gaming_table"),
    "Music": ("music", "music_theory"),
    "Commerce": ("commerce", "commerce_offers"),
    "Environment": ("environment", "environment_weather"),
    "Education": ("education", "education_study"),
    "Communication": ("communication", "communication_wording"),
    "Lifestyle": ("lifestyle", "lifestyle_home"),
    "Health": ("health", "health_routine"),
    "Other": ("other", "other_calendar"),
    "Science": ("science", "science_physics"),
}
"""The modules of each category, in the order of the categories' share in the published library, largest first."""

CATEGORIES = tuple(MODULES)
