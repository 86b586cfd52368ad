"""Data larger than memory: labelled texts read from files in chunks, and classifiers fitted to them chunk by chunk."""
