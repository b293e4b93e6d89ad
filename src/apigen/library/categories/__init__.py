"""The 21 categories for tools from anywhere: by their own labels, by a small classifier, by a model where one is given."""
