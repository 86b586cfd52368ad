"""Room 2: smaller variants of trained classifiers. The registry lives in `compress.registry`."""
