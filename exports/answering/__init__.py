"""Files, pipes and words answered line by line: what is read, what is said of it, and how that is written.

It imports `runtime` and the readers of tables; text formats need NumPy and the standard library alone.
"""
