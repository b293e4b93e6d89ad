"""How good are answers to function-calling questions? Held to a benchmark's rules, or to rows of our own.

base        a question, an answer, the mark it gets, and what a suite is
values      whether one argument is acceptable
calls       whether calls are the ones that are due; whether any is
decoding    from what a model wrote to calls, without evaluating anything
bfcl        the suite of the Berkeley leaderboard's single-turn questions; bfcl_data finds them
held_out    the suite of rows with their right calls
table       the suites by name
answers     the file of answers made elsewhere
scoring     each answer with its score, and the counts by category
summary     the counts for people
asking      a model's answers: who can be asked, how a question is put, what is kept
executed    held-out answers marked by what their calls return; executables says by which library
evaluation  a model's answers with their marks, and the figures
job         what is asked for, and what came of it
run         one evaluation from a job to a folder: the page to read first
in_memory   the same from Python without a folder
plan        how much would be asked
page        the figures and wrong answers as one HTML file
comparing   models that were asked the same questions; compare_page shows them

A suite knows nothing of who answers: asking a model is one more source of :class:`~apigen.evaluate.base.Answer`.
"""
