"""A linear model's vocabulary, document frequencies and levels in few bytes: each is foretold by what came before.

NumPy only. `bits` mixes what several contexts foretell, and packs decisions; everything else says which decisions there
are, and in which contexts. Each function codes and decodes: what is known is given, or found.
"""
