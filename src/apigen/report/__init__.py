"""Reports of a run: terminal summary, HTML page and dataset card."""
