"""Re-verifying the candidates of a run with other settings, without any request to the writer."""
