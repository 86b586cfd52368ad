"""Every engine by name, and which of them a comparison takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial

from baselines.errors import MeasurementError
from bench.same_bits.board import CORES, board_engine
from bench.same_bits.compiled import BUILDS, compiled_engine
from bench.same_bits.engine import Engine, Workshop
from bench.same_bits.javascript import ChromiumEngine, node_engine
from bench.same_bits.kernels import LEVELS, KernelEngine, NumPyEngine
from bench.same_bits.kernels_elsewhere import CPUS, KernelElsewhere

# Raises Absent where the engine can't be had, Broken where it should be and isn't, and what a generator refuses.
Make = Callable[[Workshop], Engine]
ENGINES: Mapping[str, Make] = {
    "numpy": NumPyEngine,
    **{f"kernel:{level}": partial(KernelEngine, level=level) for level in LEVELS},
    **{name: partial(compiled_engine, name=name) for name in BUILDS},
    **{name: partial(KernelElsewhere, name=name) for name in CPUS},
    **{name: partial(board_engine, name=name) for name in CORES},
    "node": node_engine,
    "chromium": ChromiumEngine,
}
# Texts that slow engines take unless more are asked for: an emulated board answers some dozens a second, code for the
# fewest bytes or without optimisation some hundreds, and NumPy is the reference itself.
SHARES: Mapping[str, int] = {
    "numpy": 2_000,
    "c-gcc-O0": 10_000,
    "c-small": 10_000,
    **dict.fromkeys(CORES, 1_000),
}
_WILD = "*?["
_NUMBER = re.compile("[1-9][0-9]{0,8}")


def chosen(patterns: Sequence[str]) -> dict[str, bool]:
    """The engines that are asked for, in the order of `ENGINES`, and whether each must be there.

    Args:
        patterns: names, or such with `*`; none: all engines. One that is named in full must be there.

    Raises:
        MeasurementError: a pattern that no engine has.
    """
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in ENGINES):
            raise MeasurementError(f"--engines: one of {', '.join(ENGINES)} is allowed, or c-*; got {pattern!a}")
    named = {pattern for pattern in patterns if not any(sign in pattern for sign in _WILD)}
    wanted = [name for name in ENGINES if not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)]
    return {name: name in named for name in wanted}


def shares_of(asked: Sequence[str]) -> dict[str, int]:
    """`SHARES` with what was asked for as `engine=n`, where the engine may have a `*`.

    Raises:
        MeasurementError: another form, no such engine, or no whole number above 0.
    """
    shares = dict(SHARES)
    for each in asked:
        pattern, _, number = each.partition("=")
        names = [name for name in ENGINES if fnmatchcase(name, pattern)]
        if not names or not _NUMBER.fullmatch(number):
            raise MeasurementError(f"--share: engine=n is needed, such as cortex-m3=500, with n above 0; got {each!a}")
        shares.update(dict.fromkeys(names, int(number)))
    return shares
