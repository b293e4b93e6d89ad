"""Settings for all tests."""

import os

from hypothesis import settings

# A change must not fail for what chance found in somebody else's code: CI repeats itself, developers explore.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("developer", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "developer")
