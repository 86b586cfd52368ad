"""A worker for the fuzzer that misbehaves as the name of its folder says."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path


def main() -> None:
    sys.stdin.readline()
    print("{}", flush=True)
    for line in sys.stdin:
        what = Path(json.loads(line)["folder"]).name
        if what == "hangs":
            time.sleep(60)
        if what == "crashes":
            os.kill(os.getpid(), 11)
        said = {"kind": "refused", "said": "in one sentence", "seconds": 0.1, "peak_bytes": 10}
        print(json.dumps({**said, **({"peak_bytes": 2 << 30} if what == "takes-much" else {})}), flush=True)


if __name__ == "__main__":
    main()
