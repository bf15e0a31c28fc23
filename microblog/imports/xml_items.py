"""
The entries of an XML feed, one at a time, by expat: no document type, no entities, nothing from elsewhere.

Of each item only its children are kept, by name, with their text and their attributes.
"""

from collections.abc import Collection, Iterator
from html import escape
from typing import NamedTuple, NoReturn
from xml.parsers import expat

from microblog.base.files import Readable
from microblog.base.i18n import N_
from microblog.base.json_items import Item

CHUNK = 64 * 1024
# Characters and elements of one item, and how deep elements may lie in each other.
LONGEST = 1024**2
MOST_ELEMENTS = 10_000
DEEPEST = 200
LANGUAGE = "http://www.w3.org/XML/1998/namespace lang"
NOT_XML = N_("This is no XML, or it is cut off.")
TOO_LARGE = N_("It is too large.")


Attributes = dict[str, str]


class BadXML(ValueError):
    """The file cannot be read, from some place on; the message is for people."""


class Child(NamedTuple):
    """One child of an item; *text*: all text in it, as markup if *is_markup*."""

    name: str
    attributes: Attributes
    text: str


def root_of(file: Readable) -> str | None:
    """The name of the outermost element of *file*, as ``namespace name`` or ``name``."""
    reader = _Reader(())
    for _item in reader.read(file):
        pass
    return reader.root


def items_in(file: Readable, names: Collection[str]) -> Iterator[Item]:
    """
    Yield an ``Item`` for each element of *names* in *file*; its value is the list of its children.

    Raises:
        BadXML: it is no XML, is cut off, or declares a document type.
    """
    return _Reader(names).read(file)


class _Reader:
    def __init__(self, names: Collection[str]):
        self._names = names
        self.root: str | None = None
        self._language: str | None = None
        self._depth = self._number = 0
        # Within an item: its depth, its children, and what was read of the last one.
        self._item_depth: int | None = None
        self._children: list[Child] = []
        self._parts: list[str] = []
        self._size = self._elements = 0
        self._ready: list[Item] = []

    def read(self, file: Readable) -> Iterator[Item]:
        parser = self._parser()
        try:
            while data := file.read(CHUNK):
                parser.Parse(data, False)
                yield from self._ready
                self._ready.clear()
                if self.root and not self._names:
                    return
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise BadXML(NOT_XML) from error
        yield from self._ready

    def _parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_document_type
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._add_text
        return parser

    def _start(self, name: str, attributes: Attributes) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise BadXML(NOT_XML)
        self.root = self.root or name
        if self._item_depth is None:
            # Of the feed itself: what is inside says nothing for what comes after it.
            self._language = attributes.get(LANGUAGE) if self._depth == 1 else self._language
            if name in self._names:
                self._begin_item(attributes)
        elif self._depth == self._item_depth + 1:
            self._count_element()
            self._children.append(Child(name, attributes, ""))
        else:
            self._count_element()
            self._add_tag(name, attributes)

    def _end(self, name: str) -> None:
        if self._item_depth is not None:
            if self._depth == self._item_depth:
                self._end_item()
            elif self._depth == self._item_depth + 1:
                self._end_child()
            elif self._is_markup:
                self._add(f"</{_local(name)}>")
        self._depth -= 1

    def _begin_item(self, attributes: Attributes) -> None:
        self._number += 1
        self._item_depth, self._children, self._parts = self._depth, [], []
        self._size = self._elements = 0
        self._children.append(Child(LANGUAGE, {}, attributes.get(LANGUAGE) or self._language or ""))

    def _end_item(self) -> None:
        too_large = self._size > LONGEST or self._elements > MOST_ELEMENTS
        item = (None, TOO_LARGE) if too_large else (self._children, None)
        self._ready.append(Item(self._number, *item))
        self._item_depth = None

    def _end_child(self) -> None:
        if self._elements <= MOST_ELEMENTS:
            self._children[-1] = self._children[-1]._replace(text="".join(self._parts))
        self._parts = []

    @property
    def _is_markup(self) -> bool:
        return self._children[-1].attributes.get("type") == "xhtml"

    def _add_tag(self, name: str, attributes: Attributes) -> None:
        if self._is_markup:
            shown = "".join(f' {_local(key)}="{escape(value)}"' for key, value in attributes.items())
            self._add(f"<{_local(name)}{shown}>")

    def _add_text(self, text: str) -> None:
        if self._item_depth is not None and self._depth > self._item_depth:
            self._add(escape(text, quote=False) if self._is_markup else text)

    def _add(self, text: str) -> None:
        self._size += len(text)
        if self._size <= LONGEST:
            self._parts.append(text)

    def _count_element(self) -> None:
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            self._children = self._children[-1:]


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _refuse_document_type(*_declaration: object) -> NoReturn:
    raise BadXML(N_("It declares a document type, which no feed needs."))
