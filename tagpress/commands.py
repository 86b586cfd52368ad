"""The subcommands of `tagpress`: each is a command of a room, under a shorter name."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Module(Protocol):
    """What a room's command offers."""

    def parser(self, prog: str) -> ArgumentParser:
        """Its options."""

    def main(self, argv: Sequence[str] | None, prog: str) -> int:
        """Run it; gives its exit code."""


@dataclass(frozen=True)
class Command:
    """One subcommand.

    Attributes:
        summary: one line of `tagpress --help`.
        module: imports the room's command.
    """

    summary: str
    module: Callable[[], Module]


def _study() -> Module:
    from compress import run

    return run


def _train() -> Module:
    from baselines import train

    return train


def _doctor() -> Module:
    from baselines.doctor import __main__

    return __main__


def _adopt() -> Module:
    from compress import adopt

    return adopt


def _export() -> Module:
    from exports import run

    return run


def _predict() -> Module:
    from exports import predict

    return predict


def _score() -> Module:
    from bench import score

    return score


def _report() -> Module:
    from bench import report

    return report


def _compare() -> Module:
    from bench import compare

    return compare


COMMANDS: dict[str, Command] = {
    "study": Command("train, compress, export, measure and judge; ends in a verdict and a folder to deploy", _study),
    "train": Command("train, tune or cross-validate baselines", _train),
    "doctor": Command("doubtful labels, confused and rare classes, copies, and whether more data would help", _doctor),
    "adopt": Command("take over a scikit-learn pipeline that you saved, exactly and with a proof", _adopt),
    "export": Command("a classifier as a bundle without torch; as C, JavaScript, a wheel, a model folder", _export),
    "predict": Command("the classes of texts, by a bundle", _predict),
    "score": Command("a bundle, or two, on a labelled file: metrics with intervals, gates, what is better", _score),
    "report": Command("write the report of a run again, with other gates or another margin", _report),
    "compare": Command("what changed between two runs", _compare),
}
