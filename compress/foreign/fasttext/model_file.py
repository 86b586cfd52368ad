"""A whole fastText file, `.bin` or `.ftz`: what is small is read, the matrix of its n-grams stays on disk.

Memory: the dictionary's words and labels (a few times their bytes in the file), the output matrix, 16 MB at a time of
the other one. Nothing in the file is executed, and every size is checked against the file's own before anything of
that size is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from baselines.errors import ArtifactError
from compress.foreign.fasttext.dictionary import Dictionary, Settings, read_dictionary, read_settings
from compress.foreign.fasttext.matrices import Floats, Rows, checked, read_matrix
from compress.foreign.fasttext.source import opened

# Rows times columns of the output: 256 MB.
MAX_OUTPUT = 1 << 26


@dataclass(frozen=True)
class FastTextFile:
    """What a supervised model consists of.

    Attributes:
        settings: that its answers depend on.
        dictionary: what has a row.
        input: a row each word, then each bucket; readable as long as the file is open.
        output: float32 (labels, dim).
        n_bytes: of the file.
    """

    settings: Settings
    dictionary: Dictionary
    input: Rows
    output: Floats
    n_bytes: int


@contextmanager
def read_fasttext(path: Path) -> Iterator[FastTextFile]:
    """The model in a file, which stays open meanwhile.

    Raises:
        ArtifactError: no fastText file, damaged, cut short, or sizes that don't fit together; says at which byte.
        NotCompressible: word vectors without classes.
    """
    with opened(path) as source:
        settings = read_settings(source)
        dictionary = read_dictionary(source, settings)
        coded = source.flag("whether the input is quantised")
        rows = read_matrix(source, "input", settings.dim, coded=coded)
        behind = settings.buckets if dictionary.kept is None else len(dictionary.kept)
        if rows.shape[0] < len(dictionary.words) + behind:
            raise source.wrong(
                f"input: {len(dictionary.words)} words and {behind} buckets need a row each, got {rows.shape[0]} rows"
            )
        if dictionary.kept is not None and not coded:
            raise ArtifactError(f"{path}: pruned but not quantised, which fastText itself refuses; quantise it again")
        output_coded = source.flag("whether the output is quantised") and coded
        output = read_matrix(source, "output", settings.dim, coded=output_coded)
        if output.shape[0] != len(dictionary.labels) or output.shape[0] * settings.dim > MAX_OUTPUT:
            raise source.wrong(
                f"output: a row for each of {len(dictionary.labels)} labels, at most {MAX_OUTPUT} numbers in all, is "
                f"needed, got {output.shape[0]} rows of {settings.dim}"
            )
        if source.at != source.size:
            raise source.wrong(f"{source.size - source.at} bytes follow the model's end")
        numbers = checked(output.read(0, output.shape[0]), f"{path}: output")
        yield FastTextFile(settings, dictionary, rows, numbers, source.size)
