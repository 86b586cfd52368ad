"""Compiling and running generated C: with every compiler there is, for this CPU and for others under an emulator."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

STRICT = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Werror")
AS_CPP = ("-xc++", "-std=c++11", *STRICT[1:])
# Anything undefined, or beside an array, ends the program.
CHECKED = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g")


@dataclass(frozen=True)
class Compiler:
    """One compiler and what its programs run under.

    Attributes:
        command: of the compiler.
        runner: an emulator; empty for this CPU.
        flags: that its programs need to run here.
    """

    command: str
    runner: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def missing(self) -> str:
        """Which of its programs isn't here; empty where all are."""
        return next((each for each in (self.command, *self.runner[:1]) if shutil.which(each) is None), "")


COMPILERS: dict[str, Compiler] = {
    "gcc": Compiler("gcc"),
    "clang": Compiler("clang"),
    "arm64": Compiler("aarch64-linux-gnu-gcc", ("qemu-aarch64",), ("-static",)),
    "arm": Compiler("arm-linux-gnueabihf-gcc", ("qemu-arm",), ("-static",)),
}


def compiler(name: str) -> Compiler:
    """One of `COMPILERS`; the test is skipped where it isn't installed."""
    found = COMPILERS[name]
    if found.missing:
        pytest.skip(f"{found.missing} is not installed")
    return found


def compiled(
    source: str | Mapping[str, str],
    folder: Path,
    *,
    by: str = "gcc",
    flags: Sequence[str] = ("-O1", *STRICT),
    libraries: Sequence[str] = (),
) -> Program:
    """Compile and link; the compiler must have nothing to say.

    Args:
        source: of one file, or name -> content of several, headers among them. All but `.h` are compiled.
        folder: where files are written; an existing one.
        by: a key of `COMPILERS`; the test is skipped where it isn't installed.
        flags: in front of the sources.
        libraries: behind them.
    """
    chosen = compiler(by)
    files = {"program.c": source} if isinstance(source, str) else source
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    sources = [name for name in files if not name.endswith(".h")]
    out = f"program-{by}{'-cpp' if '-xc++' in flags else ''}"
    # Of C++ no library is needed, so that gcc alone links it.
    command = [chosen.command, *flags, *chosen.flags, *sources, "-o", out, *libraries]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, ""), f"{' '.join(command)}\n{done.stderr[:4000]}"
    return Program((*chosen.runner, str(folder / out)))


@dataclass(frozen=True)
class Program:
    """A compiled program, with its emulator where it needs one."""

    command: tuple[str, ...]

    def __call__(self, content: bytes = b"", *arguments: str, timeout: float = 300) -> bytes:
        """Standard output for a standard input; the program must end with 0 and say nothing on standard error."""
        # Address sanitizer's look for leaks needs rights that not every container gives.
        env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
        done = subprocess.run([*self.command, *arguments], input=content, capture_output=True, timeout=timeout, env=env)
        said = done.stderr.decode("utf-8", "replace")
        assert (done.returncode, said) == (0, ""), f"ended with {done.returncode}: {said[:4000]}"
        return done.stdout


def framed(texts: Iterable[str | bytes]) -> bytes:
    """Texts as drivers read them: 32 bits of length, little-endian, and the bytes; lone surrogates as three bytes."""
    parts = []
    for text in texts:
        content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        parts += [struct.pack("<I", len(content)), content]
    return b"".join(parts)
