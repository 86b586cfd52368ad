"""Generated C, compiled by whatever compiler is there: for this CPU, and for others under an emulator."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.same_bits.answers import Broken
from bench.same_bits.engine import Absent, Engine, Program, Workshop
from bench.same_bits.reference import Limits
from exports.targets.c.driver import driver_source
from exports.targets.c.text_part import fits
from exports.targets.c.write import write_c
from exports.targets.source import Target, cleanings_of

# What the interface calls its names before a model's own name takes their place.
NAME = "tp"
STRICT = ("-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Werror")
_COMPILING_S = 600.0
_EMULATED_S = 0.2
_MOST_ERRORS, _MOST_SAID = 2, 400
_AARCH64, _ARM = "aarch64-linux-gnu-gcc", "arm-linux-gnueabihf-gcc"


@dataclass(frozen=True)
class Build:
    """How generated C is compiled.

    Attributes:
        compiler: program.
        flags: what the compiler is told besides the files.
        runner: emulator that the program runs under; "" for none.
        small: whether the fewest bytes were asked for.
    """

    compiler: str
    flags: tuple[str, ...]
    runner: str = ""
    small: bool = False


# Dialects with GNU's extensions let a compiler join a product and a sum, where the CPU can: there it is asked to.
BUILDS: dict[str, Build] = {
    "c-gcc": Build("gcc", ("-std=c99", "-O2", *STRICT)),
    "c-clang": Build("clang", ("-std=c99", "-O2", *STRICT)),
    "c-gcc-O0": Build("gcc", ("-std=c99", "-O0", *STRICT)),
    "c-O3-native": Build("gcc", ("-std=gnu11", "-O3", "-march=native", "-ffp-contract=fast")),
    "c-clang-O3-native": Build("clang", ("-std=gnu11", "-O3", "-march=native", "-ffp-contract=fast")),
    "c++": Build("g++", ("-xc++", "-std=c++11", "-O2", *STRICT)),
    "c-small": Build("gcc", ("-std=c99", "-Os", *STRICT), small=True),
    "arm64": Build(_AARCH64, ("-std=gnu11", "-O3", "-ffp-contract=fast", "-static"), "qemu-aarch64"),
    "armv7-neon": Build(_ARM, ("-std=gnu11", "-O3", "-mfpu=neon-vfpv4", "-ffp-contract=fast", "-static"), "qemu-arm"),
    "s390x": Build("s390x-linux-gnu-gcc", ("-std=gnu11", "-O2", "-ffp-contract=fast", "-static"), "qemu-s390x"),
}


def compiled_engine(workshop: Workshop, name: str) -> Engine:
    """One of `BUILDS`.

    Raises:
        Absent: a program that isn't installed, or a bundle that C isn't generated from.
        Broken: it doesn't compile, or its self-test fails.
    """
    build = BUILDS[name]
    require(build.compiler, *([build.runner] if build.runner else []))
    sources = generated(workshop, workshop.longest, build.small)
    place = workshop.place(name)
    program = place / "program"
    compile_with(build.compiler, build.flags, [sources / f"{NAME}.c", sources / "driver.c"], program)
    runner = [build.runner] if build.runner else []
    return Program(
        workshop, [*runner, str(program)], place, _EMULATED_S if runner else 0.02, limits_of(workshop, workshop.longest)
    )


def require(*programs: str) -> None:
    """Raise Absent unless all are installed."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        raise Absent(f"{', '.join(missing)}: not installed")


def generated(workshop: Workshop, longest: int, small: bool) -> Path:
    """The folder with the C of a bundle, its header and the driver; written when it is first asked for."""

    def write() -> Path:
        place = workshop.place(f"generated-{longest}{'-small' if small else ''}")
        write_c(workshop.reference.folder, place, Target(NAME, longest, small))
        (place / "driver.c").write_text(driver_source(NAME), encoding="utf-8")
        return place

    return Path(workshop.once(f"c {longest} {small}", write))


def compile_with(
    compiler: str, flags: Sequence[str], sources: Sequence[Path], out: Path, libraries: Sequence[str] = ()
) -> None:
    """Compile and link; raises Broken with the first errors where that fails."""
    command = [compiler, *flags, "-I", str(sources[0].parent), *map(str, sources), "-o", str(out), *libraries]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_COMPILING_S, errors="replace")
    except subprocess.TimeoutExpired:
        raise Broken(f"{compiler}: not done within {_COMPILING_S:.0f} s") from None
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if "error" in line or "undefined" in line]
        said = "; ".join(line.replace(f"{out.parent}/", "") for line in (errors or [done.stderr])[:_MOST_ERRORS])
        raise Broken(f"{compiler} failed ({done.returncode}): {said[:_MOST_SAID].strip()}")


def limits_of(workshop: Workshop, longest: int) -> Limits:
    """What generated C refuses: what is no UTF-8, and what is too long, as bytes or in one of its cleaned forms."""

    def make() -> Limits:
        cleanings = cleanings_of(workshop.reference.source)
        each = [partial(fits, cleaning=cleaning, longest=longest) for cleaning in cleanings]
        return Limits(longest, strict=True, fits=lambda text: all(one(text) for one in each))

    found: Limits = workshop.once(f"limits {longest}", make)
    return found
