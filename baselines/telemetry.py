"""Packages that report to their makers unless told otherwise, switched off before they are imported.

onnxruntime's builds for Linux and macOS (1.31 at least) write a device id and a store of events into the user's cache
folder as soon as they are imported, start a thread that sends them, and look up their collector's address.
`ORT_DISABLE_TELEMETRY`, read once at that moment, prevents all of it; its function `disable_telemetry_events` comes too
late for the first event. huggingface_hub counts what is loaded by which program.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

# Set in this process and so in all it starts, whatever stood there.
OFF: Mapping[str, str] = {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}


def switch_off() -> None:
    """Set what the packages read when they are imported; costs a microsecond, so it may be called again."""
    os.environ.update(OFF)


def import_onnxruntime(part: str = "") -> Any:
    """onnxruntime, silent; nothing else in this project imports it.

    Where the user's own program imported it before, it has begun to report; its further events are switched off.

    Args:
        part: of its tools, such as `quantization`; empty for onnxruntime itself.

    Raises:
        ImportError: it isn't installed.
    """
    early = "onnxruntime" in sys.modules and os.environ.get("ORT_DISABLE_TELEMETRY") != "1"
    switch_off()
    import onnxruntime

    if early:
        onnxruntime.disable_telemetry_events()
    return import_module(f"onnxruntime.{part}") if part else onnxruntime
