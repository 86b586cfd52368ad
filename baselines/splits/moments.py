"""A column of dates, times or numbers as moments that can be put in order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import DataError
from baselines.splits.grouped import written

Where = Callable[[int], str]
# Epoch seconds of 1973 and later, and milliseconds of the same years: a column of both isn't in order.
_SECONDS, _MILLISECONDS = (1e8, 1e11), (1e11, 1e14)
_BLANK = frozenset({"", "nan", "nat", "none", "null", "n/a", "na"})
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = (
    r"(?:[ T,]+(?P<H>\d{1,2}):(?P<M>\d\d)(?::(?P<S>\d\d)(?:[.,](?P<f>\d+))?)?(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?)?"
    r"(?:\s*(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d))?"
)
_DAY_NAME, _MONTH_NAME = r"(?:[A-Za-z]{3,9}\.?,?\s+)?", r"(?P<b>[A-Za-z]{3,9})\.?"
_YEAR, _SHORT_YEAR = r"(?P<y>\d{4})", r"(?P<y>\d{4}|\d\d)"
_DAY, _MONTH = r"(?P<d>\d{1,2})", r"(?P<m>\d{1,2})"
# Month names are English ones, whatever the machine's locale.
_FORMS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "2024/12/31": rf"{_YEAR}[/.-]{_MONTH}[/.-]{_DAY}{_CLOCK}",
        "31.12.2024": rf"{_DAY}\.\s?{_MONTH}\.\s?{_SHORT_YEAR}{_CLOCK}",
        "31/12/2024": rf"{_DAY}[/-]{_MONTH}[/-]{_SHORT_YEAR}{_CLOCK}",
        "12/31/2024": rf"{_MONTH}[/-]{_DAY}[/-]{_SHORT_YEAR}{_CLOCK}",
        "31 Dec 2024": rf"{_DAY_NAME}{_DAY}(?:st|nd|rd|th)?[. -]+{_MONTH_NAME}[ ,-]+{_YEAR}{_CLOCK}",
        "Dec 31, 2024": rf"{_DAY_NAME}{_MONTH_NAME}\s+{_DAY}(?:st|nd|rd|th)?,?\s+{_YEAR}{_CLOCK}",
        "Tue Dec 31 23:59:00 +0000 2024": rf"{_DAY_NAME}{_MONTH_NAME}\s+{_DAY}{_CLOCK}\s+{_YEAR}",
        "2024-12": rf"{_YEAR}[/.-]{_MONTH}",
        "12/2024": rf"{_MONTH}[/.-]{_YEAR}",
        "Dec 2024": rf"{_MONTH_NAME}\s+{_YEAR}",
        "2024-Q4": r"(?P<y>\d{4})[ -]?Q(?P<q>[1-4])",
    }.items()
}
_DAY_FIRST, _MONTH_FIRST = "31/12/2024", "12/31/2024"
ALLOWED = f"ISO 8601 (2024-12-31, 2024-12-31T23:59:00Z), {', '.join(list(_FORMS)[1:8])}, years and epoch numbers"


def times_of(values: Sequence[Any], where: Where) -> NDArray[np.float64]:
    """Moment of each value; (n,). Dates are seconds since 1970 in UTC, numbers stay as they are: only order counts.

    Read are numbers (years, epoch seconds or milliseconds, 20241231), dates and datetimes of Python, NumPy and pandas,
    ISO 8601, and a few other forms, of which one has to fit every row. Times without a zone are taken for UTC.

    Args:
        values: of the column.
        where: place of a value, for messages.

    Raises:
        DataError: blanks; a value that is no moment; days and months that can't be told apart; moments with and without
            a zone; seconds beside milliseconds.
    """
    words = [_word(value) for value in values]
    _refuse_blanks(words, where)
    numbers = [_number(word) for word in words]
    if all(number is not None for number in numbers):
        return _in_order(np.array(numbers, np.float64), where)
    found = [_iso(word) for word in words]
    if all(moment is not None for moment in found):
        return _seconds([m for m in found if m is not None], words, where)
    return _by_form(words, where)


def _word(value: Any) -> str:
    if isinstance(value, date | datetime):
        return str(value.isoformat())
    return "" if isinstance(value, bool) else written(value)


def _refuse_blanks(words: Sequence[str], where: Where) -> None:
    blanks = [row for row, word in enumerate(words) if word.lower() in _BLANK]
    if blanks:
        raise DataError(
            f"{where(blanks[0])}: no time; {len(blanks)} of {len(words)} values of the time's column are blank or true "
            "and false, and a text without a moment can stand neither in the past nor in the future; fill them in, or "
            "take these rows out"
        )


def _number(word: str) -> float | None:
    try:
        number = float(word)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _in_order(numbers: NDArray[np.float64], where: Where) -> NDArray[np.float64]:
    seconds = (numbers >= _SECONDS[0]) & (numbers < _SECONDS[1])
    milliseconds = (numbers >= _MILLISECONDS[0]) & (numbers < _MILLISECONDS[1])
    if seconds.any() and milliseconds.any():
        raise DataError(
            f"{where(int(milliseconds.argmax()))}: {numbers[milliseconds][0]:.0f} looks like milliseconds since 1970, "
            f"but {where(int(seconds.argmax()))} has {numbers[seconds][0]:.0f}, which looks like seconds; write all in "
            "one unit"
        )
    if _are_days_first(numbers):
        raise DataError(
            f"{where(0)}: {numbers[0]:.0f} looks like a date that begins with the day or the month, and such numbers "
            "aren't in order of time; write 2024-12-31"
        )
    return numbers


def _are_days_first(numbers: NDArray[np.float64]) -> bool:
    """Whether all are 31122024 or 12312024, and not all 20241231."""
    whole = (numbers % 1 == 0).all() and ((numbers >= 1_01_1900) & (numbers <= 31_12_2999)).all()
    if not whole:
        return False
    texts = [f"{int(number):08d}" for number in numbers]
    if all(_made(text[:4], text[4:6], text[6:]) for text in texts):
        return False
    return all(_made(t[4:], t[2:4], t[:2]) for t in texts) or all(_made(t[4:], t[:2], t[2:4]) for t in texts)


def _made(year: str, month: str, day: str) -> bool:
    try:
        return 1900 <= datetime(int(year), int(month), int(day)).year < 3000
    except ValueError:
        return False


def _iso(word: str) -> datetime | None:
    try:
        return datetime.fromisoformat(word)
    except ValueError:
        return None


def _seconds(moments: Sequence[datetime], words: Sequence[str], where: Where) -> NDArray[np.float64]:
    zoned = np.array([moment.tzinfo is not None for moment in moments])
    if zoned.any() and not zoned.all():
        with_zone, without = int(zoned.argmax()), int(zoned.argmin())
        raise DataError(
            f"{where(without)}: {words[without]!r} has no time zone, but {words[with_zone]!r} ({where(with_zone)}) has "
            f"one; {int(zoned.sum())} of {len(zoned)} have; write all with a zone, or all without"
        )
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return np.array([((m if m.tzinfo else m.replace(tzinfo=UTC)) - epoch).total_seconds() for m in moments])


def _by_form(words: Sequence[str], where: Where) -> NDArray[np.float64]:
    """Read by the one form that fits every row."""
    read = {name: [_parsed(pattern, word) for word in words] for name, pattern in _FORMS.items()}
    whole = [name for name, found in read.items() if all(moment is not None for moment in found)]
    if not whole:
        read["ISO 8601"] = [_iso(word) for word in words]
        best = max(read, key=lambda name: sum(moment is not None for moment in read[name]))
        row = next(row for row, moment in enumerate(read[best]) if moment is None)
        fitting = sum(moment is not None for moment in read[best])
        raise DataError(
            f"{where(row)}: {words[row]!r:.60} is no time that can be read"
            + (f" ({fitting} of {len(words)} values are like {best})" if fitting else "")
            + f"; one form has to fit all rows: {ALLOWED}"
        )
    found = {name: _seconds([m for m in read[name] if m is not None], words, where) for name in whole}
    if {_DAY_FIRST, _MONTH_FIRST} <= found.keys() and (found[_DAY_FIRST] != found[_MONTH_FIRST]).any():
        row = int((found[_DAY_FIRST] != found[_MONTH_FIRST]).argmax())
        raise DataError(
            f"{where(row)}: {words[row]!r} may be day and month or month and day, and so may all {len(words)} values; "
            "write 2024-12-31 or 31.12.2024"
        )
    return found[whole[0]]


def _parsed(pattern: re.Pattern[str], word: str) -> datetime | None:
    match = pattern.fullmatch(word)
    if match is None:
        return None
    part = match.groupdict()
    try:
        month = _month(part)
        moment = datetime(_year(part["y"]), month, int(part.get("d") or 1), *_clock(part))
    except ValueError:
        return None
    return moment.replace(tzinfo=_zone(part["zone"])) if part.get("zone") else moment


def _year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (1900 if year >= 69 else 2000)  # as POSIX has it


def _month(part: dict[str, str | None]) -> int:
    if name := part.get("b"):
        return _MONTHS.index(name[:3].lower()) + 1
    return 3 * int(part["q"] or 1) - 2 if "q" in part else int(part["m"] or 1)


def _clock(part: dict[str, str | None]) -> tuple[int, int, int, int]:
    hour = int(part.get("H") or 0)
    if half := part.get("half"):
        if not 1 <= hour <= 12:
            raise ValueError("hours of half a day go from 1 to 12")
        hour = hour % 12 + (12 if half in "Pp" else 0)
    return hour, int(part.get("M") or 0), int(part.get("S") or 0), int((part.get("f") or "0").ljust(6, "0")[:6])


def _zone(word: str | None) -> timezone:
    if not word or word in ("Z", "UTC", "GMT"):
        return UTC
    digits = word[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if word[0] == "-" else offset)
