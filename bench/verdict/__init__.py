"""What follows from the results: the front, claims of speed, gates, the recommendation and its sentences.

It imports `results`; report and study import it.
"""
