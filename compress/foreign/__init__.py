"""Other people's models: taken over with proof, or compressed as they are.

It imports `methods`, `kinds` and `formats`; only the face of the project imports it.
"""

from compress.foreign.adopt import adopt, tokenizer_of
from compress.foreign.any_module import int8_linear, prune_weights, round_weights

__all__ = ["adopt", "int8_linear", "prune_weights", "round_weights", "tokenizer_of"]
