"""Verifying a run's candidates again, under other settings, without asking the writer anything."""
