"""The starter library: one module per category of deterministic, offline functions, with hand-written seeds.

The 21 categories are those of the APIGen data set (apigen-pipeline.github.io). Imports nothing: these modules are
imported inside the sandbox.
"""

CATEGORIES = (
    "Finance",
    "Data",
    "Sports",
    "Travel",
    "Technology",
    "Social",
    "Media",
    "Entertainment",
    "Tools",
    "Math",
    "Business",
    "Gaming",
    "Music",
    "Commerce",
    "Environment",
    "Education",
    "Communication",
    "Lifestyle",
    "Health",
    "Other",
    "Science",
)
"""In the order of their share in the published library, largest first."""
