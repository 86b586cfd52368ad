"""`--form c`: a model as one self-contained file of C99 and its header."""

from __future__ import annotations

from pathlib import Path

from baselines.errors import ArtifactError
from exports.targets.c.arrays import Piece, named, part
from exports.targets.c.characters import characters, told_apart
from exports.targets.c.deciding import deciding
from exports.targets.c.readme import readme
from exports.targets.c.rows import rows, told_apart_by_rows
from exports.targets.c.self_test import self_test
from exports.targets.c.text_part import text_part
from exports.targets.source import Source, Target, cleanings_of, open_source

# Threads of small systems have 128 kB and more; a text or a model that needs so much isn't for a stack.
MOST_STACK_BYTES = 1 << 20
# Return addresses, saved registers, what is spilled, and the few variables of the cleaning.
_FRAMES = 1536


def write_c(bundle: Path, out: Path, target: Target) -> list[Path]:
    """Write `NAME.c`, `NAME.h` and `README.md` of a bundle in whole numbers.

    Returns:
        the files.

    Raises:
        ArtifactError: what the bundle holds has no place in C: its form, its way to read texts, its size.
    """
    source = open_source(bundle)
    code, header, facts = generated(source, target)
    files = {f"{target.name}.c": code, f"{target.name}.h": header, "README.md": readme(source, target, facts)}
    for name, content in files.items():
        (out / name).write_text(content, encoding="utf-8", newline="\n")
    return [out / name for name in files]


def generated(source: Source, target: Target) -> tuple[str, str, Piece]:
    """The file, its header, and what both take in all."""
    cleanings = cleanings_of(source)
    if source.rows is None:
        reads, kinds = told_apart(source.tokenizer), False
        model = characters(source, target)
    else:
        reads, kinds = told_apart_by_rows(source.rows)
        model = rows(source, target)
    cleaning = text_part(cleanings, reads, kinds=kinds)
    answer, test = deciding(source), self_test(source, target)
    stack = -(-(model.stack_bytes + _FRAMES) // 8) * 8
    if stack > MOST_STACK_BYTES:
        raise ArtifactError(
            f"{source.bundle.folder}: at most {MOST_STACK_BYTES:,} bytes of stack are allowed in C, but texts of "
            f"{target.longest} bytes, {source.n_logits} logits and this model need {stack:,}; choose a smaller longest"
        )
    facts = Piece(_sizes(source, target, stack), "", cleaning.table_bytes + model.data_bytes + answer.data_bytes, stack)
    pieces = (part("begin.c"), cleaning.source, answer.source, model.source, test.source)
    title = f"/* {_title(source)}. Made by tagpress; {target.name}.h says how it is called. */\n\n"
    code = title + "\n".join(pieces)
    header = title + part("header.h", DEFINES=_defines(facts))
    return named(code, target.name), named(header.replace("TP_H\n", "TP_H_\n"), target.name), facts


def _title(source: Source) -> str:
    form = "sums of rows of n-grams" if source.rows is not None else "character tables"
    return f"A text classifier of task {source.space.task} with {len(source.space.classes)} classes: {form}"


def _sizes(source: Source, target: Target, stack: int) -> dict[str, int]:
    return {
        "TP_CLASSES": len(source.space.classes),
        "TP_LOGITS": source.n_logits,
        "TP_LONGEST": target.longest,
        "TP_POINTS": 2 * target.longest + 2,
        "TP_STACK": stack,
    }


_SAID = {
    "TP_CLASSES": "columns of an answer",
    "TP_LOGITS": "numbers before they become probabilities",
    "TP_LONGEST": "bytes of UTF-8 of the longest text",
    "TP_POINTS": "code points of the longest cleaned text",
    "TP_STACK": "bytes of stack that classify needs at most: gcc 12 for x86-64 and Cortex-M3, optimised",
}


def _defines(facts: Piece) -> str:
    return "".join(f"#define {name} {value} /* {_SAID[name]} */\n" for name, value in facts.defines.items()).rstrip()
