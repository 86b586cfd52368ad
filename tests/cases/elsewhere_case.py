"""What takes minutes, for the sake of other systems: asked for by name, and always by `.ci/run`."""

from __future__ import annotations

import os

import pytest

ELSEWHERE = bool(os.environ.get("TAGPRESS_ELSEWHERE"))
only_elsewhere = pytest.mark.skipif(
    not ELSEWHERE, reason="TAGPRESS_ELSEWHERE=1 tries other systems' compilers and emulators, and the built packages"
)
