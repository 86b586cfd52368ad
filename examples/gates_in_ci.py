"""A CI job that trains, measures, and fails where the recommended model misses a gate.

    python examples/gates_in_ci.py --dataset texts.csv --label-separator ";" --method quantize

Takes the options of `tagpress study`; the gates stand in gates.yaml beside this file. Exit code 0: every gate is
passed; 1: one isn't; 2: one couldn't be measured, or an input can't be used. On GitHub the report becomes the summary
page of the job, and each gate that isn't passed a line at its top.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import tagpress
from tagpress.__main__ import main as command

GATES = Path(__file__).with_name("gates.yaml")
RUN = "ci"


def show_on_github(folder: Path, summary: Path) -> None:
    for gate in tagpress.open_run(folder).content["gates"]:
        if gate["outcome"] != "pass":
            print(f"::error title=gate {gate['outcome']}::{gate['gate']} ({gate['model']}: {gate['value']})")
    with summary.open("a", encoding="utf-8") as page:
        page.write((folder / "report.md").read_text(encoding="utf-8"))


def main(argv: Sequence[str] | None = None, gates: Path = GATES) -> int:
    options = sys.argv[1:] if argv is None else argv
    # Strict: a limit inside the 95 % interval isn't shown to be kept.
    code = command(["study", "--run", RUN, "--gates", str(gates), "--strict", *options])
    folder, summary = Path("runs") / RUN, os.environ.get("GITHUB_STEP_SUMMARY")
    if summary and (folder / "report.md").is_file():
        show_on_github(folder, Path(summary))
    return code


if __name__ == "__main__":
    sys.exit(main())
