"""Room 1: texts with labels, and every classifier worth comparing with.

Importing this package imports nothing heavy: the deployed runtime reads `baselines.text.tokenizer` on machines
without torch. The registry lives in `baselines.models.registry`.
"""
