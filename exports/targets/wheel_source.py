"""The Python that stands in a wheel of a model; `@NAME@` and the like are filled in by `exports.targets.wheel`."""

from __future__ import annotations

INIT = '''"""A classifier of short texts: `@NAME@.predict(["a text"])`. Its model card is this package's description.

Importing opens nothing: the model is checked and opened once, at the first question, also by many threads at a time.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exports.runtime import Answer, Predictor

__all__ = ["answers", "bundle", "classes", "load", "names", "predict", "predict_proba", "task"]
__version__ = "@VERSION@"

task = "@TASK@"
# In the order of the columns of `predict_proba`; of a binary task the positive one alone.
classes: tuple[str, ...] = @CLASSES@
# All that `predict` may say.
names: tuple[str, ...] = @NAMES@
bundle = Path(__file__).resolve().parent / "bundle"

_opened: Predictor[Any] | None = None
_lock = threading.Lock()


def load() -> Predictor[Any]:
    """The model, opened at the first call; for other settings: `tagpress.load(@NAME@.bundle, threads=4)`."""
    global _opened
    if _opened is None:
        with _lock:
            if _opened is None:
                import tagpress

                _opened = tagpress.load(bundle)
    return _opened


def predict(texts: Sequence[str]) -> list[list[str]]:
    """The names that each text gets."""
    return load().predict(texts)


def predict_proba(texts: Sequence[str]) -> Any:
    """Probabilities, float32 (n_texts, n_classes)."""
    return load().predict_proba(texts)


def answers(texts: Sequence[str]) -> list[Answer]:
    """For each text its `labels` with `probabilities`, and `known`, false where nothing in it is known."""
    return load().answers(texts)


def _unlock() -> None:
    global _lock
    _lock = threading.Lock()


# A process that is forked while another thread opens the model would wait for that thread for ever.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock)
'''

MAIN = '''"""`python -m NAME "a text"`: as `tagpress predict`, with this model."""

import sys

from exports.predict import main

from . import __package__, bundle

if __name__ == "__main__":
    sys.exit(main([str(bundle), *sys.argv[1:]], f"python -m {__package__}"))
'''

USE = """
```python
import @NAME@

@NAME@.predict(["A text to tag"])        # the classes of each text
@NAME@.predict_proba(["A text to tag"])  # a row of probabilities, in the order of @NAME@.classes
@NAME@.answers(["A text to tag"])        # both, and whether anything in the text is known to the model
```

On the command line: `python -m @NAME@ "A text to tag"`, with the options of `tagpress predict`. `@NAME@.load()` gives
the model itself, opened once, which may be called from many threads.
"""
