"""The 21 categories for tools from anywhere: by their labels, by a small classifier, by a model where one is given."""
