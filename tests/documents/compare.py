"""Says in sentences what a schema lacks of a document's DDL, or has made narrower."""

from __future__ import annotations

from collections.abc import Iterator

from documents.catalogue import ForeignKey, Index, Table

__all__ = ["differences"]

# What the document's trigger functions are called here.
FUNCTIONS = {"update_updated_at_column": "set_updated_at"}


def differences(
    document: dict[str, Table], ours: dict[str, Table], schema: str, secrets: frozenset[str]
) -> Iterator[str]:
    """What the document has and ours lacks or narrows; `secrets` are columns of ciphertext."""
    for name, table in sorted(document.items()):
        where = f"{schema}.{name}"
        if name not in ours:
            yield f"{where} is missing"
            continue
        yield from _columns(where, table, ours[name], _keys(name, document), secrets)
        yield from _rules(where, table, ours[name])
        yield from _indexes(where, table, ours[name])


def _keys(name: str, document: dict[str, Table]) -> set[str]:
    """The table's integer keys: serial columns, and those that refer to one."""

    def is_serial(table: str, column: str) -> bool:
        return document[table].columns[column].default == "identity"

    return {column for column in document[name].columns if is_serial(name, column)} | {
        column
        for key in document[name].foreign_keys
        for column, target in zip(key.columns, key.targets, strict=True)
        if key.target in document and is_serial(key.target, target)
    }


def _columns(
    where: str, document: Table, ours: Table, keys: set[str], secrets: frozenset[str]
) -> Iterator[str]:
    for name, old in document.columns.items():
        column = f"{where}.{name}"
        new = ours.columns.get(name)
        if new is None:
            yield f"{column} is missing"
            continue
        is_text = old.type.startswith("character varying") and column in secrets
        wider = {
            "timestamp without time zone": "timestamp with time zone",
            **({"integer": "bigint"} if name in keys else {}),
            **({old.type: "text"} if is_text else {}),
        }
        if new.type not in {old.type, wider.get(old.type)}:
            yield f"{column} is {new.type}, in the document {old.type}"
        if new.generated and not old.generated:
            yield f"{column} is generated: nothing can be written to it"
        elif old.default not in {None, new.default}:
            default = f"the default {new.default}" if new.default else "no default"
            yield f"{column} has {default}, in the document {old.default}"
        if old.required and not new.required:
            yield f"{column} may be null, in the document it may not"
        if new.required and not old.required and old.default is None:
            yield f"{column} may not be null, in the document it may"
    for name in ours.columns.keys() - document.columns.keys():
        new = ours.columns[name]
        if new.required and new.default is None:
            yield f"{where}.{name} is not in the document, and no row can do without it"


def _rules(where: str, document: Table, ours: Table) -> Iterator[str]:
    for key in document.foreign_keys:
        if not any(_holds(other, key, ours) for other in ours.foreign_keys):
            yield f"{where} lacks {key}"
    for key in ours.foreign_keys - document.foreign_keys:
        if set(key.columns) & document.columns.keys():
            yield f"{where} has {key}, which the document has not"
    for check in document.checks - ours.checks:
        yield f"{where} lacks check {check}"
    for function, kind in document.triggers:
        if (FUNCTIONS.get(function, function), kind) not in ours.triggers:
            yield f"{where} lacks the trigger that runs {function}"


def _holds(ours: ForeignKey, document: ForeignKey, table: Table) -> bool:
    """Whether the key says all that the document's says, over columns that are never null."""
    pairs = dict(zip(ours.columns, ours.targets, strict=True))
    wanted = dict(zip(document.columns, document.targets, strict=True))
    return (
        ours.target == document.target
        and wanted.items() <= pairs.items()
        and all(table.columns[column].required for column in pairs.keys() - wanted.keys())
        and (ours.on_delete, ours.cleared) == (document.on_delete, document.cleared)
    )


def _indexes(where: str, document: Table, ours: Table) -> Iterator[str]:
    for old in document.indexes:
        what = "primary key" if old.primary else "unique"
        if old.unique and not any(_is_as_unique(new, old) for new in ours.indexes):
            yield f"{where} lacks {what} {old}"
        if not old.unique and not any(_serves(new, old) for new in ours.indexes):
            yield f"{where} has no index that serves {old.name} {old}"
    added = ours.columns.keys() - document.columns.keys()
    for new in ours.indexes:
        if (
            new.unique
            and not set(new.keys) <= added
            and not any(
                old.unique
                and set(old.keys) <= set(new.keys)
                and old.predicate in {None, new.predicate}
                for old in document.indexes
            )
        ):
            yield f"{where} has unique {new}, which the document has not"


def _is_as_unique(ours: Index, document: Index) -> bool:
    return (
        ours.unique
        and ours.primary == document.primary
        and set(ours.keys) == set(document.keys)
        and ours.predicate == document.predicate
    )


def _serves(ours: Index, document: Index) -> bool:
    """Whether ours begins with the document's keys, read forwards or backwards."""
    width = len(document.keys)
    turned = tuple(option ^ 3 for option in document.options)
    return (
        ours.method == document.method
        and ours.keys[:width] == document.keys
        and ours.classes[:width] == document.classes
        and ours.options[:width] in {document.options, turned}
        and ours.predicate in {document.predicate, None}
    )
