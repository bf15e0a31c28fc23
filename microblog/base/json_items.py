"""
JSON arrays of any length, read item by item with flat memory.

The standard decoder works on a window that slides over the text. What is wrong with one item is told of that
item, and the next one is read.
"""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

from microblog.base.files import Readable
from microblog.base.i18n import N_
from microblog.base.text import end_of

CHUNK = 64 * 1024
# Characters of one item.
LONGEST = 1024**2
NOT_SPACE = re.compile(r"[^ \t\n\r]")
MARK = re.compile(r'[\[\]{},"]')
IN_STRING = re.compile(r"(?:[^\"\\]|\\.)*+", re.DOTALL)
# What "surrogateescape" makes of bytes that are not UTF-8.
BAD_BYTES = re.compile("[\udc80-\udcff]")

NOT_JSON = N_("This is no JSON, or it is cut off.")


class BadJSON(ValueError):
    """The text is not what it should be, from some place on; the message is for people."""


class UnreadableValue(BadJSON):
    """One value cannot be read; what follows it perhaps can."""


class Item(NamedTuple):
    """An item by its *number*, from 1; *error*: why it could not be read, and then *value* is None."""

    number: int
    value: Any
    error: str | None = None


def items_of(file: Readable, name: str, others: dict[str, object] | None = None) -> Iterator[Item]:
    """
    Yield an ``Item`` for each item of the array *name* in the object that is in *file*.

    *others*: a dictionary that receives the members before the array, except those that cannot be read.

    Raises:
        BadJSON: there is no such array, or the text ends before it does.
    """
    window = _Window(file)
    window.expect("{")
    while (key := window.value()) != name:
        window.expect(":")
        _read_member(window, key, others)
        window.expect(",")
    window.expect(":")
    yield from _items(window)


def items_after_prefix(file: Readable) -> Iterator[Item]:
    """
    Yield an ``Item`` for each item of the array that begins at the first square bracket in *file*.

    Raises:
        BadJSON: there is none, or the text ends before it does.
    """
    window = _Window(file)
    window.skip_to("[")
    yield from _items(window)


def _read_member(window: "_Window", key: str, others: dict[str, object] | None) -> None:
    try:
        value = window.value()
    except UnreadableValue:
        window.skip_value()
    else:
        if others is not None:
            others[key] = value


def _items(window: "_Window") -> Iterator[Item]:
    window.expect("[")
    number = 0
    if window.next_is("]"):
        return
    while True:
        number += 1
        try:
            item = Item(number, window.value())
        except UnreadableValue as error:
            window.skip_value()
            item = Item(number, None, str(error))
        yield item
        if window.expect(",]") == "]":
            return


class _Window:
    """The part of the text that is in memory, and the place in it where the next value begins."""

    def __init__(self, file: Readable):
        self._file = file
        self._decode_value = json.JSONDecoder(parse_constant=_refuse_constant).raw_decode
        self._decode_bytes = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._text, self._place = "", 0
        self._ended = self._has_bad_bytes = False
        self._read_more()
        self._text = self._text.removeprefix("\ufeff")

    def value(self) -> Any:
        """
        Decode the value that begins here and stand behind it.

        Raises:
            UnreadableValue: the window still stands where the value begins.
        """
        self._skip_space()
        while True:
            try:
                value, end = self._decode_value(self._text, self._place)
            except RecursionError as error:
                raise UnreadableValue(N_("It is nested too deeply.")) from error
            except ValueError as error:
                if not self._may_read_more():
                    raise UnreadableValue(N_("It is too long, or no JSON.")) from error
                continue
            # A number may go on in the next chunk.
            if end == len(self._text) and self._may_read_more():
                continue
            if self._has_bad_bytes and BAD_BYTES.search(self._text, self._place, end):
                raise UnreadableValue(N_("It is not in UTF-8."))
            self._place = end
            return value

    def skip_value(self) -> None:
        """Stand behind the value that begins here, which cannot be read: told by brackets and strings."""
        depth = 0
        while True:
            self.skip_to('[]{},"')
            mark = self._text[self._place]
            if not depth and mark in ",]}":
                return
            self._place += 1
            if mark == '"':
                self._skip_string()
            elif mark != ",":
                depth += 1 if mark in "[{" else -1

    def skip_to(self, marks: str) -> None:
        """
        Stand at the next of *marks*, which are brackets, a comma or a quotation mark.

        Raises:
            BadJSON: there is none any more.
        """
        while True:
            for match in MARK.finditer(self._text, self._place):
                if match[0] in marks:
                    self._place = match.start()
                    return
            self._place = len(self._text)
            self._require_more()

    def next_is(self, mark: str) -> bool:
        """Whether *mark* comes next; then stand behind it."""
        self._skip_space()
        found = self._text.startswith(mark, self._place)
        self._place += found
        return found

    def expect(self, marks: str) -> str:
        """
        Stand behind one of *marks*, which must come next, and return it.

        Raises:
            BadJSON: none does.
        """
        self._skip_space()
        mark = self._text[self._place]
        if mark not in marks:
            raise BadJSON(NOT_JSON)
        self._place += 1
        return mark

    def _skip_string(self) -> None:
        while True:
            self._place = end_of(IN_STRING, self._text, self._place)
            if self._text.startswith('"', self._place):
                self._place += 1
                return
            self._require_more()

    def _skip_space(self) -> None:
        while (match := NOT_SPACE.search(self._text, self._place)) is None:
            self._place = len(self._text)
            self._require_more()
        self._place = match.start()

    def _may_read_more(self) -> bool:
        if self._ended or len(self._text) - self._place > LONGEST:
            return False
        self._read_more()
        return True

    def _require_more(self) -> None:
        if self._ended:
            raise BadJSON(NOT_JSON)
        self._read_more()

    def _read_more(self) -> None:
        """Double the text that lies ahead, so that a long value is not decoded for each chunk of it."""
        ahead = self._text[self._place :]
        data = self._file.read(max(CHUNK, len(ahead)))
        text = self._decode_bytes(data, not data)
        self._ended = not data
        self._has_bad_bytes = self._has_bad_bytes or BAD_BYTES.search(text) is not None
        self._text, self._place = ahead + text, 0


def _refuse_constant(name: str) -> NoReturn:
    """JSON has neither NaN nor Infinity, which Python's decoder would take."""
    raise ValueError(name)
