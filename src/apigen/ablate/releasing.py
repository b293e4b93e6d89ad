"""One model at a time: a device holds either that which is trained or that which is asked."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def released() -> Iterator[None]:
    """Give back, at the end of a function that is decorated with this, the device's memory that its models had.

    A trainer and its model hold each other, so the model would stay until Python happens to look for such rings; and
    torch keeps what was freed on a GPU, in pieces of sizes that the next model may not fit into.
    """
    try:
        yield
    finally:
        gc.collect()
        torch.cuda.empty_cache()
