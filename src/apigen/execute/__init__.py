"""How calls are executed."""
