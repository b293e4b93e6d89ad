"""Semantics without a model: rules that compare what a query asks with what its calls do.

:class:`RuleJudge` asks, in this order: does every argument rest on the query (:mod:`apigen.verify.grounding`), in the
unit that its parameter takes (:mod:`.units`), does every value go to the parameter it belongs to (:mod:`.assignment`,
:mod:`.periods`), is every call asked for, every option set and everything asked for called (:mod:`.counting`,
:mod:`.options`, :mod:`.requests`), would another offered tool fit better (:mod:`.fit`), and is a request left that no
tool serves (:mod:`.strangers`)? Each rule needs positive evidence, because a wrong reject loses good data: chatty
queries are full of values nobody asked about.
"""

from apigen.verify.rules.judge import NAME, RuleJudge

__all__ = ["NAME", "RuleJudge"]
