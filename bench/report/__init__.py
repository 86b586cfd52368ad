"""The report of a run from its results alone: page, Markdown, terminal. `python -m bench.report RUN`.

It imports `verdict` and `results`, never what makes or measures.
"""

from bench.report.command import main, parser

__all__ = ["main", "parser"]
