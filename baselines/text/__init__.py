"""Text to what models read: cleaning, characters to ids, n-grams. NumPy only, so that it can be served anywhere.

It imports the room's errors and what reads files with limits; every wing of every room may import it.
"""
