"""What an answer costs: multiply-adds, energy, bytes. Nothing here is timed.

It imports the earlier rooms; `making`, `measure` and `study` import it.
"""
