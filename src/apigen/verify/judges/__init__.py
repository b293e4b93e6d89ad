"""Language models as judges: what they are asked, how their answers are read, and how several of them decide.

:mod:`.criteria` names the questions, :mod:`.reading` reads an answer however it is written, :mod:`.words` what of it
is prose, and :mod:`.committee` makes one decision of several verdicts. The judge itself is
:class:`apigen.verify.llm_judge.LLMJudge`.
"""
