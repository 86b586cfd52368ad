"""The optional C kernel. Everything else about the package is in pyproject.toml.

`optional=True`: where no compiler is found the install goes on, and the NumPy twins serve the same numbers, slower.
"""

import sys
from pathlib import Path

from setuptools import Extension, setup

# No contraction: a fused multiply-add would round once where NumPy rounds twice.
FLAGS = [] if sys.platform == "win32" else ["-O3", "-g0", "-std=gnu11", "-ffp-contract=off", "-fvisibility=hidden"]
KERNEL = Path("exports/kernel")
# These are programs of their own.
SOURCES = sorted(str(path) for path in KERNEL.glob("*.c") if not path.name.startswith(("fuzz", "parts")))

setup(
    ext_modules=[
        Extension(
            "exports.kernel._kernel",
            SOURCES,
            depends=sorted(str(path) for path in KERNEL.glob("*.h")),
            extra_compile_args=FLAGS,
            py_limited_api=True,
            optional=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
