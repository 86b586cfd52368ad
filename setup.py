"""The optional C kernel. Everything else about the package is in pyproject.toml.

`optional=True`: where no compiler is found the install goes on, and the NumPy twin serves the same numbers, slower.
"""

import sys

from setuptools import Extension, setup

# No contraction: a fused multiply-add would round once where NumPy rounds twice.
FLAGS = [] if sys.platform == "win32" else ["-O3", "-g0", "-std=gnu11", "-ffp-contract=off", "-fvisibility=hidden"]

setup(
    ext_modules=[
        Extension(
            "exports.kernel._kernel",
            [f"exports/kernel/{name}.c" for name in ("module", "tables", "coding", "coding_door")],
            depends=[f"exports/kernel/{name}.h" for name in ("tables", "respond", "coding", "coding_door")],
            extra_compile_args=FLAGS,
            py_limited_api=True,
            optional=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
