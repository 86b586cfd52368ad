"""Data larger than memory: read in chunks, and fitted chunk by chunk, or by a stated sample."""
