"""The work of `python -m bench.gpu_check`: a line as each part ends, the figures, and the file."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.errors import MeasurementError
from baselines.whole_files import whole_file, write_whole
from bench.accelerator.check import Bench, run_check, this_machine
from bench.numbers.quantities import count, joules, seconds

Json = Mapping[str, Any]


def run(out: Path, most_seconds: float, command: str, bench: Bench | None = None) -> int:
    """Exit code 0: done; 1: a part failed.

    Raises:
        MeasurementError: the file can't be written; said before anything is measured.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        # A file that is there keeps its content until the new one is whole, and no empty one stays behind.
        with whole_file(out.with_name(f"{out.name}.try")) as part:
            part.touch()
        out.with_name(f"{out.name}.try").unlink()
    except OSError as error:
        raise MeasurementError(f"--out {out}: can't be written ({error.strerror or error})") from None
    found = {**run_check(bench or this_machine(), most_seconds, _say), "command": command}
    write_whole(out, json.dumps(found, indent=1, allow_nan=False) + "\n")
    for line in lines(found):
        _say(line)
    _say(f"written: {out}")
    return 1 if any(part["status"] == "failed" for part in found["parts"]) else 0


def lines(found: Json) -> Iterator[str]:
    """The figures, a line each."""
    device = found["device"]
    yield f"device: {device.get('name') or device['reason']}"
    for entry in found["parity"]:
        yield f"{entry['runtime']}: probabilities differ by up to {entry['max_difference']:.2g} from the CPU's"
    for row in found["rows"]:
        yield _row(row)
    for step in found["training"]:
        time = seconds(step["step_s"]["p50"])
        yield f"training step, {step['texts']} texts, {step['form']} on {step['device']}: {time}"
    for name, batch in found["overtakes"].items():
        yield f"{name}: the GPU is faster {'at no batch size' if batch is None else f'from batches of {batch} on'}"


def _row(row: Json) -> str:
    rate = f"{count(round(row['documents_per_s']))} texts/s"
    parts: Sequence[str] = [
        f"{row['runtime']} on {row['device']}, batch {row['batch_size']}: {seconds(row['latency_s']['p50'])} a call",
        rate,
        *([f"device {seconds(row['device_s'])}"] if row.get("device_s") else []),
        *([f"{joules(row['energy_j_per_document'])} a text"] if row.get("energy_j_per_document") else []),
    ]
    return ", ".join(parts)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
