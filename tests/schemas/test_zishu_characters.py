"""The rules of characters in schema zishu: how they look, sound, move and think."""

from __future__ import annotations

import pytest

TABLES = ["character_models", "character_voices", "character_personalities"]
CHECKSUM = "0" * 64
SEARCHED = "common.search_terms(name || ' ' || summary || ' ' || description)"


@pytest.fixture
def character(db):
    """The id of a public character that has a creator."""
    return db.execute(
        "with creator as ("
        " insert into zishu.users (username, email) values ('creator', 'c@example.com')"
        " returning id)"
        " insert into zishu.characters (creator_id, name, visibility)"
        " select id, '紫舒', 'public' from creator returning id"
    ).fetchone()[0]


@pytest.fixture
def add(db, character):
    """Adds a model, a voice or a personality of that name to the character, and gives the id."""
    inserts = {
        "character_models": (
            "insert into zishu.character_models"
            " (character_id, name, is_default, format, file_url, file_size, checksum)"
            f" values (%s, %s, %s, 'live2d', 'https://example.com/m.zip', 1, '{CHECKSUM}')"
        ),
        "character_voices": (
            "insert into zishu.character_voices"
            " (character_id, name, is_default, provider, provider_voice)"
            " values (%s, %s, %s, 'edge', 'zh-CN-XiaoxiaoNeural')"
        ),
        "character_personalities": (
            "insert into zishu.character_personalities"
            " (character_id, name, is_default, system_prompt) values (%s, %s, %s, '你是紫舒。')"
        ),
    }

    def insert(table, name, *, is_default=False):
        return db.execute(
            f"{inserts[table]} returning id", [character, name, is_default]
        ).fetchone()[0]

    return insert


@pytest.fixture
def expression(db, add):
    """The id of an expression of a model."""
    return db.execute(
        "insert into zishu.character_expressions (model_id, name, emotion)"
        " values (%s, '开心', 'happy') returning id",
        [add("character_models", "校服")],
    ).fetchone()[0]


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("name", " ", "characters_name_is_not_blank"),
        ("tags", list("abcdefghijklmnopqrstu"), "characters_tags_are_few"),
        ("visibility", "secret", "characters_visibility_is_known"),
    ],
)
def test_a_character_refuses_nonsense(db, refused, character, column, value, constraint):
    """Each rule of a character is held by the constraint that says it."""
    with refused(constraint):
        db.execute(f"update zishu.characters set {column} = %s", [value])


@pytest.mark.parametrize("table", TABLES)
def test_a_character_has_one_default_of_each(db, refused, add, table):
    """Many are allowed, one is shown; another takes its place only when it gave way."""
    first = add(table, "一", is_default=True)
    second = add(table, "二")
    with refused(f"{table}_default_key"):
        db.execute(f"update zishu.{table} set is_default = true where id = %s", [second])
    db.execute(f"update zishu.{table} set is_default = false where id = %s", [first])
    db.execute(f"update zishu.{table} set is_default = true where id = %s", [second])


@pytest.mark.parametrize("table", TABLES)
def test_names_are_given_once(refused, add, table):
    """Two of one name could not be told apart."""
    add(table, "一")
    with refused(f"{table}_character_id_name_key"):
        add(table, "一")


@pytest.mark.parametrize(
    ("table", "column", "value", "constraint"),
    [
        ("character_models", "format", "gif", "character_models_format_is_known"),
        ("character_models", "file_size", -1, "character_models_file_size_is_not_negative"),
        ("character_models", "checksum", "md5", "character_models_checksum_is_a_hash"),
        ("character_models", "stage", "[]", "character_models_stage_is_an_object"),
        ("character_models", "motions", "[]", "character_models_motions_is_an_object"),
        ("character_voices", "speed", "0.4", "character_voices_speed_is_half_to_double"),
        ("character_voices", "pitch", "2.1", "character_voices_pitch_is_half_to_double"),
        ("character_voices", "volume", "-0.1", "character_voices_volume_is_up_to_double"),
        ("character_voices", "settings", "1", "character_voices_settings_is_an_object"),
        (
            "character_personalities",
            "system_prompt",
            "\n",
            "character_personalities_system_prompt_is_not_blank",
        ),
        ("character_personalities", "traits", "[]", "character_personalities_traits_is_an_object"),
        (
            "character_personalities",
            "examples",
            "{}",
            "character_personalities_examples_is_an_array",
        ),
        (
            "character_personalities",
            "temperature",
            "2.1",
            "character_personalities_temperature_is_zero_to_two",
        ),
    ],
)
def test_what_a_character_has_refuses_nonsense(db, refused, add, table, column, value, constraint):
    """Each rule is held by the constraint that says it."""
    add(table, "一")
    with refused(constraint):
        db.execute(f"update zishu.{table} set {column} = %s", [value])


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("emotion", "hungry", "character_expressions_emotion_is_known"),
        ("parameters", "[]", "character_expressions_parameters_is_an_object"),
        ("fade_ms", -1, "character_expressions_fade_ms_is_not_negative"),
    ],
)
def test_an_expression_refuses_nonsense(db, refused, expression, column, value, constraint):
    """Each rule of an expression is held by the constraint that says it."""
    with refused(constraint):
        db.execute(f"update zishu.character_expressions set {column} = %s", [value])


def test_a_model_has_many_faces_for_an_emotion(db, refused, expression):
    """Two faces may be happy, under two names."""
    again = (
        "insert into zishu.character_expressions (model_id, name, emotion)"
        " select model_id, %s, emotion from zishu.character_expressions"
    )
    with refused("character_expressions_model_id_name_key"):
        db.execute(again, ["开心"])
    db.execute(again, ["大笑"])


def test_a_character_takes_what_it_has_along(db, add, character, expression):
    """Deleting a character for good deletes models, expressions, voices and personalities."""
    add("character_voices", "一")
    add("character_personalities", "一")
    db.execute("delete from zishu.characters")
    for table in [*TABLES, "character_expressions"]:
        assert db.execute(f"select count(*) from zishu.{table}").fetchone() == (0,)


def test_a_character_outlives_its_creator(db, character):
    """Others talk to it: when the account is gone, the character stays."""
    db.execute("delete from zishu.users")
    assert db.execute("select creator_id from zishu.characters").fetchall() == [(None,)]


@pytest.mark.parametrize(
    ("index", "condition"),
    [
        ("characters_search_gin", f"{SEARCHED} @@ common.search_query('傲娇')"),
        ("characters_tags_gin", "tags @> array['猫娘']"),
    ],
    ids=["words", "tags"],
)
def test_the_gallery_is_searched_by_index(db, index, condition):
    """A Chinese word or a tag finds one of five hundred without a scan, and none that is hidden."""
    db.execute(
        "insert into zishu.characters (name, summary, visibility, tags)"
        " select '角色' || n, case when n < 3 then '一只傲娇的猫娘' else '' end,"
        " case n when 1 then 'unlisted' else 'public' end,"
        " case when n < 3 then array['猫娘'] else array['学姐'] end"
        " from generate_series(1, 500) as n"
    )
    db.execute("analyze zishu.characters")
    db.execute("set local enable_seqscan = off")
    query = (
        "select name from zishu.characters"
        f" where visibility = 'public' and deleted_at is null and {condition}"
    )
    assert db.execute(query).fetchall() == [("角色2",)]
    assert any(index in line for (line,) in db.execute(f"explain {query}").fetchall())


@pytest.mark.parametrize("table", ["characters", "character_expressions", *TABLES])
def test_updated_at_follows_every_update(db, add, expression, table):
    """An update sets updated_at to the transaction's time, whatever the statement says."""
    add("character_voices", "一")
    add("character_personalities", "一")
    db.execute(f"update zishu.{table} set updated_at = '2000-01-01'")
    assert db.execute(f"select updated_at = now() from zishu.{table}").fetchone() == (True,)
