"""What a run will probably cost, before anything is sent to a model."""
