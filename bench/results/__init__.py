"""results.json, read once: the file, its schema, a row, the run. It knows nothing of how a number came about.

It imports the room's words; verdict, report and comparison import it.
"""
