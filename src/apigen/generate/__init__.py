"""From a sampled request to a prompt, and from a completion to candidates."""
