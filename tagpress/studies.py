"""A whole study in Python, and the results of a run."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baselines.dataset import Dataset
from baselines.errors import BudgetError
from tagpress.arguments import device_and_threads, names_of, read_as_options
from tagpress.data import read_dataset

if TYPE_CHECKING:
    from bench.results.run import Run


def study(
    data: Any = "sample", *, run: str = "study", gates: str | Sequence[str] = (), threads: int = 0, **wishes: Any
) -> Run:
    """Train, compress, export, measure and judge; the same call continues a study that was stopped.

    Args:
        data: a `Dataset` from `read_dataset`, or whatever `read_dataset` reads with its usual column names.
        run: folder below `runs/` of the working directory; it ends with report.html, results.json and deploy/.
        gates: what has to hold, such as `"f1_weighted >= 0.70"`.
        threads: of training; 0 takes all usable cores.
        wishes: the other options of `tagpress study`, with underscores: `method="quantize"`, `max_bytes=25_000`,
            `folds=5`, `only="linear"`, `skip=["rnn"]`, `time="30m"`, `config={"cnn": {"epochs": 5}}`; see
            `bench.study.wishes.Wishes`.

    Returns:
        the results, as `open_run` reads them.

    Raises:
        UserError: an option that is unknown, has no effect, or can't be used; or no model keeps the budget, on
            validation or as the test texts show. Then the run is whole, and `open_run` reads it.

    Examples:
        >>> small = {"cnn": {"epochs": 1, "embedding_dim": 8, "filters": [[3, 8]], "hidden_dim": 0}}
        >>> run = tagpress.study("sample", run="first", method="fold", config=small, gates="bytes <= 10M")
        >>> [row.name for row in run.rows]
        ['linear', 'cnn', 'cnn-fold']
        >>> run.content["gates"][0]["outcome"], (run.folder / "report.html").is_file()
        ('pass', True)
    """
    from rich.console import Console

    from baselines.fitting.options import RUNS
    from baselines.watching.watch import alive
    from bench.report.sections import within_budget
    from bench.results.file import read_run
    from bench.study.flow import run_study
    from bench.study.options import options_of
    from bench.study.wishes import wishes_of
    from bench.verdict.gates import parse_gate
    from compress.search.budget import require_feasible

    begun_at = time.monotonic()
    texts = names_of(gates)
    device, threads = device_and_threads(wishes.get("device", "auto"), threads)
    own = {"gates": tuple(map(parse_gate, texts)), "device": device, "threads": threads}
    asked = wishes_of({**read_as_options({**wishes, "run": run}), **own})
    console = Console(stderr=True, soft_wrap=True)
    with alive(console, "reading the data"):
        dataset = data if isinstance(data, Dataset) else read_dataset(data, seed=asked.seed)
    options = options_of(asked, dataset, _call(run, texts, wishes), begun_at=begun_at)
    facts, solution = run_study(RUNS / run, dataset, options, console)
    if solution is not None:
        require_feasible(solution)
        if within_budget.outcome(facts) == "fail":
            raise BudgetError(within_budget.sentence(facts).replace("`", ""))
    return read_run(RUNS / run)


def open_run(place: str | Path) -> Run:
    """The results of a finished run.

    Args:
        place: the run folder, or its results.json.

    Returns:
        `rows` (one a model: score with its interval, bytes, p50, ...), `by_name`, `reference`, `noise_floor`, and
        `content`, everything as it stands in the file: `content["verdict"]["model"]` is the recommendation.

    Raises:
        UserError: missing, damaged, or of another format version.

    Examples:
        >>> run = tagpress.open_run("runs/first")
        >>> run.by_name["cnn"].bytes < 100_000
        True
        >>> run.content["verdict"]["model"] in run.by_name
        True
    """
    from bench.results.file import read_run

    return read_run(Path(place))


def _call(run: str, gates: Sequence[str], wishes: Mapping[str, Any]) -> str:
    """The call as the report shows it."""
    given = {"run": run, **({"gates": list(gates)} if gates else {}), **wishes}
    return f"tagpress.study(data, {', '.join(f'{name}={value!r}' for name, value in given.items())})"
