"""Changes of a column's type: which the server makes by itself, and which lose something."""

from __future__ import annotations

import re

__all__ = ["assignable", "loses"]

_FAMILIES = (
    {"smallint", "integer", "bigint", "numeric", "real", "double precision"},
    {"timestamp without time zone", "timestamp with time zone", "date"},
    {"json", "jsonb"},
    {"inet", "cidr"},
)
_TEXTS = {"text", "character varying", "character"}
_WIDER = {
    "smallint": {"integer", "bigint", "numeric", "real", "double precision"},
    "integer": {"bigint", "numeric", "double precision"},
    "bigint": {"numeric"},
    "real": {"double precision"},
    "date": {"timestamp without time zone", "timestamp with time zone"},
    "cidr": {"inet"},
}
_PARTS = re.compile(
    r"^(?P<base>[^(\[]+?)\s*(?:\((?P<size>[\d,]+)\))?(?P<rest>[^(\[\]]*)(?P<array>(?:\[\])*)$"
)


def _split(name: str) -> tuple[str, tuple[int, ...], bool]:
    match = _PARTS.match(name)
    if match is None:
        return name, (), False
    size = tuple(int(part) for part in (match["size"] or "").split(",") if part)
    return f"{match['base']}{match['rest']}", size, bool(match["array"])


def assignable(old: str, new: str) -> bool:
    """Whether the server changes a column from one type to the other without `using`.

    Then it refuses what doesn't fit, where a cast would cut it off.
    """
    before, _, was_array = _split(old)
    after, _, is_array = _split(new)
    if was_array != is_array:
        return False
    if before == after or (after in _TEXTS and not is_array):
        return True
    if before in _TEXTS and after in _TEXTS:
        return True
    return any({before, after} <= family for family in _FAMILIES)


def loses(column: str, old: str, new: str) -> list[str]:
    """A sentence if values may be lost or refused."""
    before, old_size, _ = _split(old)
    after, new_size, _ = _split(new)
    if before == after and _fits(old_size, new_size):
        return []
    if before in _TEXTS and after in {"text", "character varying"} and not new_size:
        return []
    if before in _TEXTS and after in _TEXTS and old_size and new_size and old_size <= new_size:
        return []
    if after == "text" and before not in {"real", "double precision"}:
        return []
    if after in _WIDER.get(before, set()) and not new_size:
        return []
    return [
        f"{column} becomes {new} from {old}: values that don't fit are refused, rounded or cut."
    ]


def _fits(old: tuple[int, ...], new: tuple[int, ...]) -> bool:
    if not new:
        return True
    if not old:
        return False
    if len(old) == 1 and len(new) == 1:
        return old[0] <= new[0]
    scale = (old[1] if len(old) > 1 else 0, new[1] if len(new) > 1 else 0)
    return scale[0] <= scale[1] and old[0] - scale[0] <= new[0] - scale[1]
