"""A program that answers texts over a pipe by a generated model, for comparing engines."""

from __future__ import annotations

from exports.targets.c.arrays import named, part


def driver_source(name: str) -> str:
    """C of the program; it includes `NAME.h` and is linked with `NAME.c`.

    Standard input, to its end: uint32 size, little-endian, then as many bytes of UTF-8. Standard output, for each:
    int32 status; where it is 0, float32 (n_logits,), float32 (n_classes,) probabilities, a byte for each class that is
    1 where it is decided, and a byte that is 1 where anything is known.
    """
    return named(part("driver.c"), name)
