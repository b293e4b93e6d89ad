"""Our scoring of BFCL's questions held to the official checker, answer by answer."""
