"""A classifier becomes a folder that is shipped: files, model card, proof of parity, Triton's layout.

It imports `graphs` and `runtime`; the commands and `bench` import it.
"""
