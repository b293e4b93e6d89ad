"""Runs untrusted Python functions in separate processes that the kernel confines.

From the outside in:

- :mod:`~apigen.execute.sandbox.worker` (in our process, asyncio) starts a sandbox process and talks to it;
- :mod:`~apigen.execute.sandbox.keeper` (a process) makes the namespaces and the scratch folder, starts the zygote,
  and cleans up after it, also when our own process was killed;
- :mod:`~apigen.execute.sandbox.zygote` (a process, behind the outer walls) imports the functions once and forks for
  each call;
- :mod:`~apigen.execute.sandbox.call` (a process per call, behind all walls) calls the function and replies.

What comes back is data and never trusted: hostile code can forge its own reply, but nothing else.
"""
