"""Throughput of the whole pipeline, against a bare client and a peer on the same server; see ``__main__``."""
