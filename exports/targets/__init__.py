"""Bundles made into what runs where Python doesn't, or is installed by others' tools: C99, JavaScript, wheels, folders.

Nothing here rounds, trains or measures: a target repeats a bundle's whole numbers, or refuses it with a reason.
"""
