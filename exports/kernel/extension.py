"""The compiled extension, where it was built and loads; every module of this room takes it from here."""

from __future__ import annotations

from importlib import import_module
from typing import Any

try:
    # By its name: `from exports.kernel import` would make the room's own modules and its face import each other.
    EXTENSION: Any = import_module("exports.kernel._kernel")
except ImportError:
    EXTENSION = None
