"""The simulated model: the offline writer, made to err as often as published generators did.

profiles    how often each generator erred, by the stage that saw it
kinds       which faults a writer can make for each stage
structure   faults of the written text beyond those of ``apigen.faults``
refused     requests that their own tool turns down
noise       untidiness that a reader mends, and that is no fault
spoil       the pairs of one completion, some of them spoiled
ledger      what was spoiled and how: for whoever measures, never for the pipeline
model       all of it behind the ``Model`` protocol
"""
