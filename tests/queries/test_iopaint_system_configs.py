"""The queries of iopaint.system_configs, each by its effect."""

from __future__ import annotations

import psycopg
import pytest

from callers import at_once, at_once_async

CONFIG = {
    "config_value": "10",
    "config_type": "integer",
    "description": "Images a day.",
    "is_public": False,
}
CIPHERTEXT = "gAAAAA" + "A" * 94
OTHER_CIPHERTEXT = "gAAAAA" + "B" * 94


@pytest.fixture
def configs(systems):
    """The queries."""
    return systems.iopaint.system_configs


@pytest.fixture
def new(configs, run):
    """`new("limit.daily")` adds a setting."""
    return lambda key, **values: run(configs.create, config_key=key, **CONFIG | values)


def test_a_setting_is_found(configs, run, new):
    """A setting is found by its id and its key, as it was given."""
    config = new("limit.daily")
    assert {name: getattr(config, name) for name in CONFIG} == CONFIG
    assert run(configs.get, id=config.id) == config
    assert run(configs.get_by_key, config_key="limit.daily") == config
    assert run(configs.get, id=-1) is None
    assert run(configs.get_by_key, config_key="limit.hourly") is None


def test_a_key_is_one_setting(new):
    """To add a known key is an error."""
    new("limit.daily")
    with pytest.raises(psycopg.errors.UniqueViolation):
        new("limit.daily")


def test_a_setting_is_added_or_replaced(configs, run):
    """The first upsert adds the row, the second makes the same row what it says."""
    first = run(configs.upsert, config_key="a", **CONFIG)
    values = {"config_value": None, "config_type": "string", "description": None, "is_public": True}
    second = run(configs.upsert, config_key="a", **values)
    assert second == first._replace(**values)
    assert run(configs.get, id=first.id) == second


@pytest.mark.parametrize("gather", [at_once, at_once_async])
def test_many_upserts_are_one_setting(configs, database, gather):
    """Of eight operators at once the first adds the row and none fails."""
    rows = gather(database, configs.upsert, [CONFIG | {"config_key": "a"}] * 8)
    assert len({row.id for row in rows}) == 1


def test_clients_read_what_is_public(configs, run, new):
    """What is public is listed by key, without its description."""
    assert run(configs.list_public) == []
    new("b", is_public=True)
    new("a", is_public=True)
    new("c")
    assert run(configs.list_public) == [("a", "10", "integer"), ("b", "10", "integer")]


def test_settings_are_paged(configs, run, new):
    """Each setting is on one page, by key."""
    made = [new(key) for key in "abc"]
    first = run(configs.page, after_config_key=None, limit=2)
    assert first + run(configs.page, after_config_key="b", limit=2) == made
    assert run(configs.page, after_config_key="c", limit=2) == []


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("change", {"config_value": "20"}),
        ("change", {"config_value": None}),
        ("set_public", {"is_public": True}),
    ],
)
def test_a_setting_changes(configs, run, new, query, values):
    """What is named changes and the rest doesn't; no setting, no row."""
    config = new("a")
    changed = run(getattr(configs, query), config_key="a", **values)
    assert changed == config._replace(**values)
    assert run(configs.get, id=config.id) == changed
    assert run(getattr(configs, query), config_key="b", **values) is None


def test_ciphertexts_are_walked_and_replaced(configs, run, new):
    """Secret settings come in batches; one that has changed meanwhile is left alone."""
    new("a")
    secret = new("b", config_type="secret", config_value=CIPHERTEXT)
    assert run(configs.page_encrypted, after_id=None, limit=2) == [(secret.id, CIPHERTEXT)]
    assert run(configs.page_encrypted, after_id=secret.id, limit=2) == []
    replacement = {"old_config_value": CIPHERTEXT, "config_value": OTHER_CIPHERTEXT}
    replaced = [run(configs.replace_encrypted, id=secret.id, **replacement) for _ in range(2)]
    assert replaced == [1, 0]
    assert run(configs.get, id=secret.id).config_value == OTHER_CIPHERTEXT


def test_a_setting_is_removed(configs, run, new):
    """A setting is removed once."""
    new("a")
    assert [run(configs.delete, config_key="a") for _ in range(2)] == [1, 0]
    assert run(configs.get_by_key, config_key="a") is None
