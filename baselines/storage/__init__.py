"""What is kept on disk: artifacts with their hashes, weights, configs, and the folder of a run.

It imports the room's contracts; models and every later room may import it.
"""
