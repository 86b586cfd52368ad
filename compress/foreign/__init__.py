"""Other people's models: taken over with proof, or compressed as they are.

It imports `methods`, `kinds` and `formats`; only the face of the project imports it.
"""
