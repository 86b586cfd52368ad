"""The optional C kernel. Everything else about the package is in pyproject.toml.

`optional=True`: where no compiler is found the install goes on, and the NumPy twins serve the same numbers, slower.
"""

import struct
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# No contraction: a fused multiply-add would round once where NumPy rounds twice.
FLAGS = ["-O3", "-g0", "-std=gnu11", "-ffp-contract=off", "-fvisibility=hidden"]
# The old floating-point unit of 32-bit x86 rounds to more bits than a float has; NumPy asks for SSE2 there, too.
NARROW = ["-msse2", "-mfpmath=sse"]
KERNEL = Path("exports/kernel")
# These are programs of their own.
SOURCES = sorted(path.as_posix() for path in KERNEL.glob("*.c") if not path.name.startswith(("fuzz", "parts")))


def is_narrow_x86() -> bool:
    machine = sysconfig.get_platform().rsplit("-", 1)[-1]
    return struct.calcsize("P") == 4 and machine in ("i386", "i486", "i586", "i686", "x86_64", "win32")


class BuildKernel(build_ext):
    """Flags by compiler: GCC, Clang and MinGW know the vectors that the kernel is written with, MSVC doesn't."""

    def build_extensions(self) -> None:
        if self.compiler.compiler_type == "msvc":
            self.warn("the C kernel needs GCC, Clang or MinGW: left out, NumPy serves the same numbers, slower")
            self.extensions = []
        for extension in self.extensions:
            extension.extra_compile_args = FLAGS + (NARROW if is_narrow_x86() else [])
        super().build_extensions()


setup(
    cmdclass={"build_ext": BuildKernel},
    ext_modules=[
        Extension(
            "exports.kernel._kernel",
            SOURCES,
            depends=sorted(path.as_posix() for path in KERNEL.glob("*.h")),
            py_limited_api=True,
            optional=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
