"""Servers that speak the Model Context Protocol: started or reached, listed, called, kept alive.

From the outside in: ``executor`` (a call), ``keeper`` (a server, restarted), ``connection`` (one life of a server),
``stdio`` and ``http`` (how it is reached), ``tap`` (what is seen on the way), ``answers`` (results). The official SDK
is imported from ``connection`` on; ``opening`` is the door to it, so that apigen works without the SDK.
"""
