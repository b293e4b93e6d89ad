"""How far a judge can be trusted: its verdicts held to human labels, or to right answers and faults made of them.

:mod:`.labels` and :mod:`.faulty` say what is right and wrong, :mod:`.judging` asks the judges, :mod:`.figures` counts.
"""
