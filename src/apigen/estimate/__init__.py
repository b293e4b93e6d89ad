"""What a run will probably cost, before anything is asked of a model."""
