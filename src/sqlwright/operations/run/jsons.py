"""Takes JSON apart without reading it into Python's values, which would round its numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

__all__ = ["NoFit", "NoObject", "members", "text_of"]

_SPACE = re.compile(r"[ \t\n\r]*")
# Numbers are looked at, and not made: Python refuses those of many thousand digits.
_decoder = json.JSONDecoder(parse_int=len, parse_float=len)


class NoObject(ValueError):  # noqa: N818 - what is raised to the user is a QueryError
    """A line is no object of JSON."""


class NoFit(ValueError):  # noqa: N818
    """A value of JSON has no form that the column's type could read."""


def members(line: str) -> list[tuple[str, str]]:
    """The names of an object and their values, as they are written.

    Raises:
        NoObject: what is wrong with the line.
    """
    try:
        found = _decoder.decode(line)
    except json.JSONDecodeError as error:
        raise NoObject(f"is no JSON: {error.msg} (character {error.pos + 1})") from None
    except RecursionError:
        raise NoObject("is nested too deeply") from None
    if not isinstance(found, dict):
        raise NoObject("is no object of JSON")
    pieces = list(_pieces(line, line.index("{") + 1, "}"))
    return [
        (json.loads(name), value) for name, value in zip(pieces[::2], pieces[1::2], strict=True)
    ]


def _pieces(text: str, place: int, closing: str) -> Iterator[str]:
    """What stands between commas and colons in valid JSON, up to the bracket."""
    while True:
        place = _skip(text, place)
        if text[place] == closing:
            return
        if text[place] in ",:":
            place = _skip(text, place + 1)
        end = _decoder.raw_decode(text, place)[1]
        yield text[place:end]
        place = end


def _skip(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    assert found is not None
    return found.end()


def text_of(raw: str, type_: str) -> str | None:
    """A value of JSON as PostgreSQL reads one of that type; None is null.

    Raises:
        NoFit: it can't be one.
    """
    if raw == "null":
        return None
    if type_ in {"json", "jsonb"}:
        return raw
    if raw[0] == '"':
        return _text(raw)
    if raw[0] == "[":
        if not type_.endswith("[]"):
            raise NoFit(f"a list does not fit into {type_}")
        return _array(raw, type_.removesuffix("[]"))
    if raw[0] == "{":
        raise NoFit(f"an object does not fit into {type_}")
    return raw


def _text(raw: str) -> str:
    text: str = json.loads(raw)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NoFit("half of a surrogate pair is no character") from None
    if "\0" in text:
        raise NoFit("PostgreSQL stores no character \\u0000")
    return text


def _array(raw: str, type_: str) -> str:
    """A list as PostgreSQL writes arrays; one within is a further dimension, but not of json."""
    is_json = type_ in {"json", "jsonb"}
    elements = []
    for piece in _pieces(raw, 1, "]"):
        if piece[0] == "[" and not is_json:
            elements.append(_array(piece, type_))
        else:
            text = text_of(piece, type_)
            elements.append("null" if text is None else _element(text))
    return "{" + ",".join(elements) + "}"


def _element(text: str) -> str:
    return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'
