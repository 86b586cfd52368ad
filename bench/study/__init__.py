"""The study: THE flow from data to report, its options, state and evidence.

It imports every wing of this room; only the commands import it.
"""
