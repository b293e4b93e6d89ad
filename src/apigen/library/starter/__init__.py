"""The starter library: one module per category of deterministic, offline functions."""
