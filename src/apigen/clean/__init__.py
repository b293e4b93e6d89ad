"""Cleaning a library: what is described too poorly, what does not answer, what is there twice, what is badly worded."""
