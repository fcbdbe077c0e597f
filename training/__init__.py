"""From labelled headlines to a model folder, and how good it is."""
