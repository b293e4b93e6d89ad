"""What is verification worth? Rejected candidates put back into the training set, and what that does to a model.

arms        which candidates each training set is drawn from
pool        a run's candidates as training rows, without the tools that are held out
drawing     equal-sized training sets, one for each arm and seed
base        what trains and what evaluates, as this package sees them
training    training for real
asking      asking for real
arguments   how many values are right
likelihood  how surprised a model is by right answers
cells       one training and its evaluation, each done once and kept
figures     what the cells come to: means, and differences paired by seed
settings    everything that the figures depend on
ablation    what is asked for
plan        what it comes to before anything is trained
page        the figures to look at
run         all of it, from a run to its figures
"""
