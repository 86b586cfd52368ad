"""Which encoding a text file is in: by its mark, else UTF-8 where it is valid, else what its own letters speak for.

No statistics of bytes tell Latin encodings apart: Polish read as French is made of letters too. What tells is whether
one language's alphabet explains the bytes beyond ASCII, at places where such characters stand in words.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from baselines.errors import DataError, MissingExtra
from baselines.tables.alphabets import latin_encoding
from baselines.tables.opened import DATA_COMMAND, read_bytes
from baselines.tables.reading import AS_FOUND, Reading

# UTF-32's mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_NO_TEXT = {
    b"\x1f\x8b": ("gzip", ".gz"),
    b"PK\x03\x04": ("a zip file or workbook", ".zip or .xlsx"),
    b"\x28\xb5\x2f\xfd": ("zstandard", ".zst"),
    b"BZh": ("bzip2", ".bz2"),
    b"\xfd7zXZ\x00": ("xz", ".xz"),
    b"PAR1": ("Parquet", ".parquet"),
    b"ARROW1": ("Arrow", ".arrow"),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", ".xls"),
}
_OTHER_FILES = {b"%PDF-": "a PDF", b"SQLite format 3\x00": "an SQLite database", b"\x89PNG": "a picture"}
# Those that charset-normalizer may choose from, where no Latin alphabet explains a file.
_OTHER_SCRIPTS = [
    *("cp1251", "koi8_r", "koi8_u", "iso8859_5", "cp866", "mac_cyrillic", "cp1253", "iso8859_7", "cp1255", "cp1256"),
    *("gb18030", "big5", "cp932", "euc_jp", "cp949", "euc_kr", "tis_620", "cp874"),
]
_SAMPLE_BYTES = 200_000


def encoding_of(head: bytes, path: Path, reading: Reading, *, whole: bool = False) -> tuple[str, str]:
    """A file's encoding, and the sentence that says what was found; "" where it is plain UTF-8 or as asked for.

    Args:
        head: how the file begins; more bytes find more, and a mebibyte is plenty.
        path: for messages.
        reading: what the user says of the file.
        whole: whether `head` is the whole file, so that nothing may be cut off at its end.

    Returns:
        a name that Python knows, which skips a mark at the beginning where there is one.

    Raises:
        DataError: an encoding that Python doesn't know, or a file that is no text, such as one that is packed.
        MissingExtra: neither UTF-8 nor of a Latin script, without charset-normalizer.
    """
    if reading.encoding is not None:
        return _asked(reading.encoding, head, path), ""
    for mark, name, shown in _MARKS:
        if head.startswith(mark):
            return name, "" if shown == "UTF-8" else _found(path, shown, "its first bytes say so")
    _refuse_other_files(head, path)
    if (wide := _wide(head)) is not None:
        return wide, _found(path, wide.upper(), "found from its zero bytes")
    if _is_valid(head, "utf-8", whole):
        return "utf-8", ""
    return _guessed(head, path, whole)


def decoded(content: bytes, path: Path, reading: Reading) -> tuple[str, str]:
    """The whole text of a file without its mark, line ends as they are, and the sentence of `encoding_of`.

    Raises:
        DataError: naming line, offset and value of the first byte that the encoding doesn't know.
    """
    name, note = encoding_of(content, path, reading, whole=True)
    try:
        return content.decode(name).removeprefix("\ufeff"), note
    except UnicodeDecodeError as error:
        raise undecodable(content, error, path, name) from None


def read_text(path: Path, reading: Reading = AS_FOUND) -> str:
    """The text of a whole file, packed or not; raises what `open_bytes` and `decoded` raise."""
    return decoded(read_bytes(path), path, reading)[0]


def undecodable(content: bytes, error: UnicodeDecodeError, path: Path, name: str, place: str = "") -> DataError:
    """What to say of a byte that an encoding doesn't know; `place` is the row and column, where they are known."""
    line = content.count(b"\n", 0, error.start) + 1
    where = place or f"line {line}"
    return DataError(
        f"{path}: {where}: byte 0x{content[error.start]:02x} at offset {error.start} is no {name}; give the file's own "
        "encoding by --encoding, such as cp1252"
    )


def _asked(encoding: str, head: bytes, path: Path) -> str:
    try:
        "a".encode(encoding)  # refuses codecs that aren't of text
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError, TypeError):
        raise DataError(
            f"{path}: --encoding: Python knows no text encoding {encoding!r}; such as utf-8, cp1252, utf-16, gb18030"
        ) from None
    return "utf-8-sig" if name == "utf-8" and head.startswith(codecs.BOM_UTF8) else name


def _found(path: Path, encoding: str, why: str) -> str:
    return f"{path.name}: read as {encoding}, {why}; --encoding says otherwise"


def _refuse_other_files(head: bytes, path: Path) -> None:
    for magic, (shown, extension) in _NO_TEXT.items():
        if head.startswith(magic):
            raise DataError(f"{path}: it holds {shown}, no text; name it by what it is: {extension}")
    for magic, shown in _OTHER_FILES.items():
        if head.startswith(magic):
            raise DataError(f"{path}: it is {shown}, no text; export its texts as CSV or JSON Lines")


def _is_valid(content: bytes, name: str, whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder(name)("strict").decode(content, whole)
    except UnicodeDecodeError:
        return False
    return True


def _wide(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: every second byte of Western text is zero, and line ends are two bytes."""
    sample = head[:_SAMPLE_BYTES]
    zeros = sample.count(0)
    if not zeros or (zeros < len(sample) / 5 and _is_valid(sample, "utf-8", False)):
        return None
    for name, width in (("utf-32-le", 4), ("utf-32-be", 4), ("utf-16-le", 2), ("utf-16-be", 2)):
        cut = sample[: len(sample) // width * width]
        if cut and _is_valid(cut, name, False) and _is_plausible(cut.decode(name, "ignore")):
            return name
    return None


def _is_plausible(text: str) -> bool:
    """Whether nearly everything can be seen or ends a line; the wrong order of bytes gives unassigned characters."""
    seen = sum(character.isprintable() or character in "\n\r\t" for character in text)
    return seen >= 0.98 * len(text) and any(character in text for character in "\n ,;\t")


def _guessed(head: bytes, path: Path, whole: bool) -> tuple[str, str]:
    name, share = latin_encoding(head)
    if share >= 0.8:
        return name, _found(path, name, "its letters fit and it isn't UTF-8")
    try:
        from charset_normalizer import from_bytes
    except ImportError:
        raise MissingExtra(
            f"{path}: neither UTF-8 nor of a Latin script; give its --encoding, or let charset-normalizer find it: "
            f"{DATA_COMMAND}"
        ) from None
    lines = b"\n".join(line for line in head.split(b"\n") if not line.isascii())[:_SAMPLE_BYTES]
    best = from_bytes(lines, cp_isolation=_OTHER_SCRIPTS, threshold=0.5).best()
    if best is not None and _is_valid(head, best.encoding, whole):
        return best.encoding, _found(path, best.encoding, "as charset-normalizer guesses")
    return name, _found(path, name, "a guess: it isn't UTF-8, and nothing else fits better")
