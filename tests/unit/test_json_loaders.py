"""JSON is read as `json` reads it: values, types, and the order of keys."""

from __future__ import annotations

import json

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqlwright.queries.json_loaders import LOADERS

NUMBERS = st.one_of(
    st.integers(),
    st.integers(min_value=-(10**400), max_value=10**400),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(allow_nan=False, allow_infinity=False),
).map(str)
STRINGS = st.builds(json.dumps, st.text(), ensure_ascii=st.booleans())
DOCUMENTS = st.recursive(
    st.one_of(NUMBERS, STRINGS, st.sampled_from(["true", "false", "null"])),
    lambda part: st.one_of(
        st.lists(part).map(lambda parts: f"[{' , '.join(parts)}]"),
        st.lists(st.tuples(STRINGS, part)).map(
            lambda pairs: "{" + ",\n".join(f"{name}: {value}" for name, value in pairs) + "}"
        ),
    ),
    max_leaves=20,
)
BEFORE = {"json": b"", "jsonb": b"\x01"}


@pytest.mark.parametrize("name", BEFORE)
@given(text=DOCUMENTS)
def test_any_document(name, text):
    """`repr` tells an int from a float, and keeps each digit and the order."""
    assert repr(loaded(name, text.encode())) == repr(json.loads(text))


@pytest.mark.parametrize("name", BEFORE)
@pytest.mark.parametrize(
    "text", ["1e400", "-1e400", '"\\ud800"', '{"a": 1, "a": 2}', " [1] \n", "-0", "-0.0", "NaN"]
)
def test_what_readers_of_json_differ_in(name, text):
    """Is as `json` has it."""
    assert repr(loaded(name, text.encode())) == repr(json.loads(text))


@pytest.mark.parametrize("name", BEFORE)
@pytest.mark.parametrize("text", [b"", b"{", b"[1,]", b"\xff", b"1" * 5000])
def test_what_is_none(name, text):
    """Gives the error of `json`."""
    with pytest.raises(ValueError) as theirs:  # noqa: PT011 - what it says is not ours
        json.loads(text)
    with pytest.raises(type(theirs.value)) as ours:
        loaded(name, text)
    assert str(ours.value) == str(theirs.value)


def test_another_version_of_jsonb():
    """Gives psycopg's error."""
    (fast,) = (fast for _, theirs, fast in LOADERS if theirs.__name__ == "JsonbBinaryLoader")
    with pytest.raises(psycopg.DataError, match="unknown jsonb binary format: 2"):
        fast(0).load(memoryview(b"\x02[]"))


def loaded(name: str, text: bytes) -> object:
    """What our loader of the type makes of a text as the server sends it."""
    oid = psycopg.adapters.types[name].oid
    (fast,) = (fast for known, _, fast in LOADERS if known == oid)
    return fast(oid).load(memoryview(BEFORE[name] + text))
