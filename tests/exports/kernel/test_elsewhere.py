"""The kernel on other systems: compiled for them, and run by an emulator where there is one.

Each fuzzer compares every instruction set with arithmetic written the plain way, so that what it says of another CPU is
what the tests of this one say.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from baselines.text.cleaning import Cleaning
from baselines.text.ngram_settings import NgramSettings
from baselines.text.ngrams import NgramTfidf
from compress.formats.integer_rows import IntRows
from compress.formats.packed_linear import PackedLinear
from exports import kernel
from exports.kernel import row_kernel
from tests.cases.elsewhere_case import only_elsewhere
from tests.cases.rows_case import plain_logits
from tests.cases.table_case import TEXTS, TOKENIZER, int_tables

pytestmark = only_elsewhere
SOURCES = Path(__file__).resolve().parents[3] / "exports" / "kernel"
FLAGS = ("-O2", "-std=gnu11", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror")
PROGRAMS = {
    "fuzz": ("fuzz", "tables", "decide", "link", "reader"),
    "fuzz_rows": ("fuzz_rows", "rows", "rows_build", "rows_given", "reader"),
    "fuzz_reader": ("fuzz_reader", "reader"),
    "fuzz_coding": ("fuzz_coding", "coding", "coding_kin", "coding_levels", "coding_terms"),
}
# What an extension is made of: what knows Python is compiled against its headers.
FREE = {name for names in PROGRAMS.values() for name in names if not name.startswith("fuzz")}
FREE_PATHS = sorted(str(SOURCES / f"{name}.c") for name in FREE)
BUILT = sorted(path for path in SOURCES.glob("*.c") if not path.name.startswith(("fuzz", "parts")))
# The lines of a configuration for 64-bit Windows that Python's headers ask for where there is none of Windows.
WINDOWS_CONFIG = """
#define MS_WIN64 1
#define MS_WINDOWS 1
#define SIZEOF_VOID_P 8
#define SIZEOF_SIZE_T 8
#define SIZEOF_LONG 4
#define SIZEOF_LONG_LONG 8
#define SIZEOF_INT 4
#define SIZEOF_WCHAR_T 2
#define HAVE_PY_SSIZE_T 1
typedef long long Py_ssize_t;
#define PY_SSIZE_T_MAX LLONG_MAX
#define PY_LLONG_MAX LLONG_MAX
"""
# Declarations of the C library that the kernel calls, for a target whose own headers are not here.
LIBRARY = {
    "stdlib.h": "void *malloc(size_t); void *calloc(size_t, size_t); void *realloc(void *, size_t); void free(void *);"
    "int abs(int); void qsort(void *, size_t, size_t, int (*)(const void *, const void *));",
    "string.h": "void *memcpy(void *, const void *, size_t); void *memset(void *, int, size_t);"
    "size_t strlen(const char *); void *memmove(void *, const void *, size_t); "
    "int memcmp(const void *, const void *, size_t); int strcmp(const char *, const char *);",
    "math.h": "double exp(double); double sqrt(double); double ldexp(double, int);\n"
    '#define isfinite __builtin_isfinite\n#define INFINITY __builtin_inff()\n#define NAN __builtin_nanf("")',
    "pthread.h": "typedef void *pthread_t; int pthread_create(pthread_t *, const void *, void *(*)(void *), void *);"
    "int pthread_join(pthread_t, void **);",
}


@dataclass(frozen=True)
class System:
    compiler: str
    flags: tuple[str, ...] = ()
    emulators: tuple[str, ...] = ()  # one of them runs what was compiled; none where it runs here
    levels: int = 1  # instruction sets, the plain one included


SYSTEMS = {
    "arm64": System("aarch64-linux-gnu-gcc", ("-static",), ("qemu-aarch64", "qemu-aarch64-static"), 2),
    "armv7 with neon": System(
        "arm-linux-gnueabihf-gcc", ("-static", "-march=armv7-a", "-mfpu=neon"), ("qemu-arm", "qemu-arm-static"), 2
    ),
    "armv7": System(
        "arm-linux-gnueabihf-gcc", ("-static", "-march=armv7-a", "-mfpu=vfpv3-d16"), ("qemu-arm", "qemu-arm-static")
    ),
    "windows": System("x86_64-w64-mingw32-gcc", (), ("wine64", "wine"), 2),
    "32-bit x86": System("gcc", ("-m32", "-msse2", "-mfpmath=sse")),
    "clang": System("clang"),
}
# 32-bit sizes concern all of them, instruction sets the first two alone.
CASES = [(system, program) for system in SYSTEMS for program in ("fuzz", "fuzz_rows")]
CASES += [("armv7", "fuzz_reader"), ("armv7", "fuzz_coding")]


def tool(*names: str) -> str:
    for name in names:
        if found := shutil.which(name):
            return found
    pytest.skip(f"{' or '.join(names)} is not installed")


def compiled(system: System, sources: tuple[str, ...], folder: Path) -> Path:
    compiler, probe = tool(system.compiler), folder / "probe.c"
    probe.write_text("#include <stdlib.h>\nint main(void) { return 0; }\n", encoding="utf-8")
    if subprocess.run(
        [compiler, *system.flags, str(probe), "-o", str(folder / "probe")], capture_output=True
    ).returncode:
        pytest.skip(f"{system.compiler} {' '.join(system.flags)} makes no program: its libraries are not installed")
    paths = [str(SOURCES / f"{name}.c") for name in sources]
    # Windows has threads of its own, and no library of POSIX's.
    libraries = ["-lm"] if "mingw" in system.compiler else ["-lpthread", "-lm"]
    program = folder / "program.exe"
    made = [compiler, *FLAGS, *system.flags, *paths, *libraries, "-o", str(program)]
    done = subprocess.run(made, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return program


@pytest.mark.parametrize(("name", "program"), CASES)
def test_every_instruction_set_says_what_plain_arithmetic_says(name: str, program: str, tmp_path: Path) -> None:
    system = SYSTEMS[name]
    path = compiled(system, PROGRAMS[program], tmp_path)
    runner = [tool(*system.emulators)] if system.emulators else []
    done = subprocess.run([*runner, str(path), "40", "5"], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    if (said := re.search(r"(\d+) instruction sets", done.stdout)) and name not in ("clang", "windows"):
        assert int(said[1]) == system.levels, done.stdout


def small_rows(n_classes: int = 20) -> IntRows:
    own = [NgramSettings("word", 1, 2), NgramSettings("char_wb", 2, 4)]
    tfidf, rng = NgramTfidf.learn(TEXTS, Cleaning("words"), own), np.random.default_rng(3)
    levels = rng.integers(-127, 128, (n_classes, tfidf.n_features)).astype(np.int8)
    return IntRows.of(PackedLinear(tfidf, levels, *rng.normal(size=(2, n_classes)).astype(np.float32)))


@pytest.mark.skipif(not kernel.AVAILABLE, reason="the C extension was not built (no compiler at install time)")
@pytest.mark.parametrize("level", ["avx512vnni", "avx2", "neon", "plain"])
def test_each_instruction_set_of_this_cpu_is_run(level: str) -> None:
    """What the others lack is run on CPUs that have it; this says which those are."""
    known = kernel.levels(), row_kernel.row_levels()
    if not any(level in levels for levels in known):
        pytest.skip(f"this CPU has no {level}, or the kernel was built without it")
    tables, rows = int_tables(), small_rows()
    if level in known[0]:
        model = kernel.TableKernel(tables, TOKENIZER, level)
        want = np.concatenate([tables.logits(TOKENIZER.encode(text))[None] for text in TEXTS])
        np.testing.assert_array_equal(model.logits(TEXTS).view(np.int32), want.view(np.int32))
    if level in known[1]:
        found = row_kernel.RowKernel(rows, level).answer(TEXTS)[0]
        assert found.tolist() == [plain_logits(rows, text)[0] for text in TEXTS]


def headers_for_windows(folder: Path) -> Path:
    """Python's headers with a configuration of another system."""
    for path in Path(sysconfig.get_path("include")).iterdir():
        if path.name != "pyconfig.h":
            (folder / path.name).symlink_to(path)
    (folder / "pyconfig.h").write_text(WINDOWS_CONFIG, encoding="utf-8")
    return folder


def test_the_whole_extension_compiles_for_windows(tmp_path: Path) -> None:
    compiler = tool("x86_64-w64-mingw32-gcc")
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        pytest.skip("Python's headers are not installed")
    given = [*FLAGS, "-fsyntax-only", f"-I{headers_for_windows(tmp_path)}"]
    done = subprocess.run([compiler, *given, *map(str, BUILT)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("source", ["tables", "rows"])
def test_wide_vectors_are_never_kept_on_the_stack_of_windows(source: str, tmp_path: Path) -> None:
    """GCC aligns that stack to 16 bytes only: an aligned move of 32 to it would end the process."""
    out = tmp_path / "out.s"
    made = [tool("x86_64-w64-mingw32-gcc"), "-O3", *FLAGS[1:], "-S", str(SOURCES / f"{source}.c"), "-o", str(out)]
    subprocess.run(made, check=True, capture_output=True)
    moves = re.findall(r"vmov(?:dqa|aps|apd)\w*\s.*\(%r[sb]p.*", out.read_text(encoding="utf-8"))
    assert not [move for move in moves if "ymm" in move or "zmm" in move]


@pytest.mark.parametrize("target", ["x86_64-apple-macos11", "arm64-apple-macos11"])
def test_the_kernel_compiles_for_macos(target: str, tmp_path: Path) -> None:
    clang = tool("clang")
    for name, lines in LIBRARY.items():
        (tmp_path / name).write_text(f"#pragma once\n#include <stddef.h>\n{lines}\n", encoding="utf-8")
    given = [*FLAGS, "-fsyntax-only", "-target", target, "-ffreestanding", f"-I{tmp_path}"]
    done = subprocess.run([clang, *given, *FREE_PATHS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("source", ["tables", "rows"])
@pytest.mark.parametrize("target", ["aarch64-macos", "aarch64-windows-gnu"])
def test_the_kernel_compiles_against_the_libraries_of_other_systems(target: str, source: str, tmp_path: Path) -> None:
    """Those with threads and vectors."""
    if importlib.util.find_spec("ziglang") is None:
        pytest.skip("ziglang, which brings the headers of macOS and Windows, is not installed")
    given = ["-m", "ziglang", "cc", "-target", target, *FLAGS, "-c", str(SOURCES / f"{source}.c")]
    done = subprocess.run([sys.executable, *given, "-o", str(tmp_path / "out.o")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_changes_bits_is_refused_by_name() -> None:
    given = ["-ffast-math", "-fsyntax-only", str(SOURCES / "tables.c")]
    done = subprocess.run([tool("gcc", "clang", "cc"), *given], capture_output=True, text=True)
    assert done.returncode != 0
    assert "-ffast-math changes bits: leave it out" in done.stderr
