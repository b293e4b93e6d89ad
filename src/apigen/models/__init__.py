"""Who writes and who judges: models behind one Protocol."""
