"""PostgreSQL's own print of a definition, in the form that CONVENTIONS wants.

What is rewritten here means the same, and the proof sees to it that it is stored the same: where it
isn't, the draft is made again with the words as PostgreSQL has them.
"""

from __future__ import annotations

import re
import textwrap

__all__ = [
    "WIDTH",
    "column_of",
    "condition",
    "indent",
    "literal",
    "lower",
    "outside",
    "quoted",
    "type_name",
    "wrap",
]

WIDTH = 98  # and a semicolon
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$.*?\$\1\$""", re.DOTALL)
_TYPES = (
    (re.compile(r"\bcharacter varying\b"), "varchar"),
    (re.compile(r"\bbit varying\b"), "varbit"),
    (re.compile(r"\btimestamp(\(\d\))? with time zone\b"), r"timestamptz\1"),
    (re.compile(r"\btimestamp(\(\d\))? without time zone\b"), r"timestamp\1"),
    (re.compile(r"\btime(\(\d\))? with time zone\b"), r"timetz\1"),
    (re.compile(r"\btime(\(\d\))? without time zone\b"), r"time\1"),
    (re.compile(r"\bcharacter\b(?!\s+set)"), "char"),
)
_TEXT = r"'(?:[^']|'')*'"
_CAST = r"::(?:text|varchar|character varying|bpchar)"
_ITEM = rf"(?:{_TEXT}(?:{_CAST})?|-?\d+)"
_IN = re.compile(
    rf"(?:\((?P<cast>\w+)\)::text|(?P<plain>\w+)) (?P<operator>= any|<> all)"
    rf" \((?P<open>\(*)array\[(?P<items>{_ITEM}(?:, {_ITEM})*)\](?:\)::text\[\])?\)"
)
_BETWEEN = re.compile(r"^\(\((?P<x>\w+) >= (?P<a>-?\d+)\) and \((?P=x) <= (?P<b>-?\d+)\)\)$")


def lower(text: str) -> str:
    """In lower case, but for what is quoted."""
    parts, end = [], 0
    for match in _QUOTED.finditer(text):
        parts += [text[end : match.start()].lower(), match[0]]
        end = match.end()
    return "".join([*parts, text[end:].lower()])


def type_name(name: str) -> str:
    """A type as people write it: `varchar(20)`, `timestamptz`."""
    if '"' in name:
        return name
    for pattern, short in _TYPES:
        name = pattern.sub(short, name)
    return re.sub(r",(?=\d)", ", ", name)


def literal(text: str) -> str:
    """A string, on several lines where it is long."""
    quoted = text.replace("'", "''")
    if len(quoted) <= WIDTH - 10 or "\n" in text:
        return f"'{quoted}'"
    # A quote must not be parted from its twin.
    pieces = textwrap.wrap(
        quoted.replace("''", "\0\0"), 90, drop_whitespace=False, break_on_hyphens=False
    )
    return "\n".join("'" + piece.replace("\0\0", "''") + "'" for piece in pieces)


def quoted(text: str) -> str:
    """A string as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def condition(text: str) -> str:
    """A condition without the casts and brackets that PostgreSQL adds, in lower case."""
    text = _bare(lower(text))
    if match := _BETWEEN.match(text):
        return f"({match['x']} between {match['a']} and {match['b']})"
    text = _IN.sub(_in, text)
    text = outside(re.compile(r"\((-?\d+(?:\.\d+)?)\)::numeric\b"), r"\1", text)
    text = re.sub(r"\((\w+)\)::text (=|<>|~~?) (" + _TEXT + ")::text", r"\1 \2 \3", text)
    text = re.sub("(" + _TEXT + r")::text\b(?!\[)", r"\1", text)
    return _bare(text)


def _in(match: re.Match[str]) -> str:
    column = match["cast"] or match["plain"]
    items = re.sub(rf"({_TEXT}){_CAST}", r"\1", match["items"])
    word = "in" if match["operator"] == "= any" else "not in"
    return f"{column} {word} ({items})"


def outside(pattern: re.Pattern[str], new: str, text: str) -> str:
    """Replaced, but not within quotes."""
    parts, end = [], 0
    for match in _QUOTED.finditer(text):
        parts += [pattern.sub(new, text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, pattern.sub(new, text[end:])])


def _bare(text: str) -> str:
    """With one pair of brackets around the whole, where there were two."""
    while text.startswith("((") and text.endswith("))") and _encloses(text[1:-1]):
        text = text[1:-1]
    return text


def _encloses(text: str) -> bool:
    """Whether the first bracket is closed by the last."""
    depth = 0
    plain = _QUOTED.sub(lambda match: "_" * len(match[0]), text)
    for number, character in enumerate(plain):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return number == len(plain) - 1
    return False


def column_of(name: str, parent: str) -> str:
    """A part's own name, as `email` of `shop.users.email`."""
    return name.removeprefix(f"{parent}.")


def indent(text: str, by: int = 4) -> str:
    """Each line further to the right; lines within quotes stay whole."""
    return textwrap.indent(text, " " * by) if "\n" not in _quoted_part(text) else " " * by + text


def _quoted_part(text: str) -> str:
    return "".join(match[0] for match in _QUOTED.finditer(text))


def wrap(text: str, by: int = 4) -> str:
    """Lines of at most 98 characters, broken at blanks outside of quotes."""
    return "\n".join(_wrap(line, by) for line in _lines(text))


def _lines(text: str) -> list[str]:
    """The lines; one alone where a quoted part goes over several."""
    return [text] if "\n" in _quoted_part(text) else text.split("\n")


def _wrap(line: str, by: int) -> str:
    if len(line) <= WIDTH or "\n" in line:
        return line
    margin = len(line) - len(line.lstrip())
    plain = _QUOTED.sub(lambda match: "_" * len(match[0]), line)
    places = [n for n, character in enumerate(plain) if character == " " and margin < n <= WIDTH]
    if not places:
        return line
    best = max((n for n in places if plain[n - 1] == ","), default=0)
    cut = best if best > WIDTH // 2 else places[-1]
    return line[:cut] + "\n" + _wrap(" " * (margin + by) + line[cut + 1 :], 0)
