"""Stage 1: is the pair well formed, and do its calls match the offered tools?

From the least assumption to the most: the shape of the pair (:mod:`.shape`), the tools themselves (:mod:`.schemas`),
tool names and arguments against the tool's JSON Schema (:mod:`.arguments`), and the number of calls against the query
style (:mod:`.check`). Everything that is wrong is found; what explains the most is the verdict's reason
(:mod:`.faults`).
"""

from apigen.verify.format.check import FormatCheck
from apigen.verify.format.faults import Fault, reject, verdict_on

__all__ = ["Fault", "FormatCheck", "reject", "verdict_on"]
