"""Stored names and texts in a terminal: nothing in them is a command to it, or markup of rich."""

from __future__ import annotations

from rich.text import Text

from baselines.escaping.visible import visible


def plain(text: object, style: str = "") -> Text:
    """A text as it stands, with signs in place of control characters; line ends stay."""
    return Text(visible(str(text)).replace("\r", "\u240d"), style=style)
