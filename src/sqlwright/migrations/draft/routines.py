"""What PostgreSQL prints as a whole: views, functions, triggers, rules, policies, statistics."""

from __future__ import annotations

import re
from collections.abc import Collection

from sqlwright.catalog import Key, Object
from sqlwright.migrations.draft.parts import own_name
from sqlwright.migrations.draft.state import State
from sqlwright.migrations.draft.words import lower, outside, wrap

__all__ = [
    "create_function",
    "create_policy",
    "create_rule",
    "create_statement",
    "create_trigger",
    "create_view",
    "function_text",
    "view_text",
]

_CLAUSE = re.compile(r" (before|after|instead of|for each|when(?= \())(?: |$)")
_ENABLED = {"no": "disable", "always": "enable always", "on replicas": "enable replica"}


def create_statement(_: State, one: Object, __: Collection[Key]) -> list[str]:
    """What its definition says in whole."""
    return [lower(str(one.properties["definition"])).rstrip(";").replace(" using btree", "")]


def create_trigger(_: State, one: Object, __: Collection[Key]) -> list[str]:
    """A trigger, and whether it is enabled."""
    text = lower(str(one.properties["definition"]))
    return [outside(_CLAUSE, r"\n    \1 ", text), *_enabling(one)]


def _enabling(one: Object) -> list[str]:
    assert one.parent is not None, one.key
    word = _ENABLED.get(str(one.properties["enabled"]))
    if word is None:
        return []
    return [f"alter table {one.parent.name} {word} {one.kind} {own_name(one)}"]


def create_rule(_: State, one: Object, __: Collection[Key]) -> list[str]:
    """A rule, and whether it is enabled."""
    text = lower(str(one.properties["definition"])).rstrip(";")
    return [outside(re.compile(r"\n {4,}"), "\n    ", text), *_enabling(one)]


def create_policy(_: State, one: Object, __: Collection[Key]) -> list[str]:
    """A row security policy."""
    assert one.parent is not None, one.key
    properties = one.properties
    roles = properties["roles"]
    assert isinstance(roles, tuple)
    lines = [f"create policy {own_name(one)} on {one.parent.name}"]
    if not properties["permissive"]:
        lines.append("as restrictive")
    if properties["command"] != "all":
        lines.append(f"for {properties['command']}")
    if roles != ("public",):
        lines.append(f"to {', '.join(roles)}")
    lines += [
        f"{word} {_bracketed(lower(str(properties[name])))}"
        for word, name in (("using", "using"), ("with check", "with_check"))
        if name in properties
    ]
    return ["\n    ".join(lines)]


def _bracketed(text: str) -> str:
    return text if text.startswith("(") and text.endswith(")") else f"({text})"


def create_view(state: State, one: Object, _: Collection[Key]) -> list[str]:
    """A view, with the defaults of its columns."""
    return [view_text(one), *_view_defaults(state, one)]


def view_text(one: Object, *, replace: bool = False) -> str:
    """A view's statement."""
    options = one.properties.get("options", ())
    assert isinstance(options, tuple)
    shown = f" with ({', '.join(options)})" if options else ""
    body = lower(str(one.properties["definition"])).strip().rstrip(";")
    tail = "\nwith no data" if one.properties.get("populated") is False else ""
    verb = "create or replace" if replace else "create"
    return f"{verb} {one.kind} {one.name}{shown} as\n{wrap(body)}{tail}"


def _view_defaults(state: State, one: Object) -> list[str]:
    return [
        f"alter view {one.name} alter column {own_name(part)} set default"
        f" {part.properties['default']}"
        for part in state.children(one.key, "column")
        if "default" in part.properties
    ]


def create_function(_: State, one: Object, __: Collection[Key]) -> list[str]:
    """A function or procedure."""
    return [function_text(one)]


def function_text(one: Object, *, replace: bool = False) -> str:
    """A function's statement; its body as it is."""
    assert one.statement is not None, one.key
    text = one.statement.rstrip()
    quoted = re.search(r"\nAS (?:'|\$)", text)
    head, body = (text[: quoted.start()], text[quoted.start() :]) if quoted else (text, "")
    lines = lower(head).split("\n")
    lines[1:] = [
        f"    {line.strip()}" if line.startswith(" ") and quoted else line for line in lines[1:]
    ]
    text = "\n".join(lines) + body.replace("\nAS ", "\nas ", 1)
    return text if replace else text.replace("create or replace ", "create ", 1)
