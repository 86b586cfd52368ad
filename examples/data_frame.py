"""Two baselines on a pandas data frame, compared on its test part with bootstrap intervals.

    python examples/data_frame.py                          the embedded sample
    python examples/data_frame.py texts.csv ";"            a file of yours, with columns text and tags

The interval of the difference decides: both models answer the same resampled texts.
"""

import sys
from collections.abc import Sequence

import numpy as np
import pandas as pd

import tagpress
from baselines.classifier import predict
from baselines.scores.intervals import Interval
from baselines.scores.resampling import resample_scores

RUNGS = ("linear", "tfidf-logistic")


def frame_of(file: str = "", separator: str = ";") -> pd.DataFrame:
    if file:
        frame = pd.read_csv(file, keep_default_na=False)
        return frame.assign(tags=frame["tags"].str.split(separator))
    sample = tagpress.read_dataset("sample").everything
    tags = [[sample.classes[column] for column in row.nonzero()[0]] for row in sample.labels]
    return pd.DataFrame({"text": sample.texts, "tags": tags})


def shown(interval: Interval) -> str:
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


def main(argv: Sequence[str] | None = None) -> int:
    frame = frame_of(*(sys.argv[1:] if argv is None else argv))
    dataset = tagpress.read_dataset(frame, name="my texts", task="multilabel")
    models = {name: tagpress.train(name, dataset) for name in RUNGS}
    test = dataset.part("test")
    decided = {name: predict(model, test.texts) for name, model in models.items()}
    scores = resample_scores(test.labels, decided, np.random.default_rng(0))
    for name in RUNGS:
        print(f"{name}: weighted F1 {shown(scores.interval(name))} on {len(test)} texts")
    difference = scores.difference(*RUNGS)
    print(f"{RUNGS[0]} minus {RUNGS[1]}: {shown(difference.interval)}")
    shown_by = {True: "yes", False: "no", None: "too few texts to say"}[difference.non_inferior(0.01)]
    print(f"at most 0.01 below {RUNGS[1]} at 95 %: {shown_by}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
