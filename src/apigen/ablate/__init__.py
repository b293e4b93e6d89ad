"""What is verification worth? Rejected candidates are added to the training set, and the effect on a model is measured.

arms        which candidates each training set is drawn from
pool        a run's candidates as training rows, without the tools that are held out
drawing     equal-sized training sets, one for each arm and seed
base        the trainer and the evaluator, as this package sees them
training    the trainer, by apigen.train
asking      the evaluator, by apigen.evaluate
arguments   argument accuracy
likelihood  bits per character of the right answers
cells       one training and its evaluation, each done once and kept
figures     the results of the cells: means, and differences paired by seed
settings    everything that the figures depend on
ablation    the request
plan        rows, sets and trainings, before anything is trained
page        the report
run         all of it, from a run to its figures
"""
