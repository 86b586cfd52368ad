"""Vega, Vega-Lite and vega-embed as one script for the page, packed in the wheel of vl-convert; no network.

Packing takes more than a second and holds Python's lock all the while, so it is done in a process of its own, which a
study begins before the page is due.
"""

from __future__ import annotations

import subprocess
import sys
from functools import cache

# Without a snippet the library puts its parts on `window`.
_PACK = "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.javascript_bundle().encode())"


@cache
def begin_packing() -> subprocess.Popen[bytes]:
    """Start the process, once; it waits with what it made until it is asked."""
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _PACK], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


@cache
def charts_library() -> str:
    """The script; packed here where the process could not."""
    process = begin_packing()
    packed = process.communicate()[0].decode()
    if process.returncode:
        import vl_convert

        packed = vl_convert.javascript_bundle()  # type: ignore[call-arg]  # its annotations ask for a snippet
    return packed.replace("</script", "<\\/script")
