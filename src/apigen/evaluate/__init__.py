"""Accuracy on function-calling questions, by a benchmark's rules or on held-out rows.

run         one evaluation from a job to a folder of figures: the page to read first
job         what is asked for, and what came of it
in_memory   the same from Python, without a folder
blocking    waits for asynchronous work, also in a notebook
base        a question, an answer, its score, and what a suite is
values      whether one argument is acceptable; texts: how strings are normalised first
calls       whether calls match the expected ones, or whether any is expected
decoding    from a model's output to calls, without evaluating anything
bfcl        the suite of the Berkeley leaderboard's single-turn questions; bfcl_data finds their files
held_out    the suite of rows with ground-truth calls
table       the suites by name
answers     the file of answers made elsewhere
scoring     each answer with its score, and the counts by category
summary     the counts for the terminal
asking      a model's answers: kinds of models, prompts, and the folder of an evaluation
executed    held-out answers scored by the results of their calls; executables finds the library
evaluation  a model's answers with their scores, and the figures
plan        how much would be asked
page        the figures and wrong answers as one HTML file
comparing   models on the same questions; compare_page renders the comparison

A suite does not know what answers it: a model is one more source of :class:`~apigen.evaluate.base.Answer`.
"""
