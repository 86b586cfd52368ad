"""How good answers are: scored predictions, behaviour, typos, slices, flips.

It imports the earlier rooms; `making` and `study` import it.
"""
