"""Where tools come from: the starter library, Python modules, and what users bring."""
