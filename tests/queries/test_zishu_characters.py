"""The queries of zishu's companions and their parts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from psycopg.types.json import Jsonb

from zishu_rows import CHECKSUM, NOBODY, add_character, add_user


@pytest.fixture
def zishu(systems):
    """The queries of the schema."""
    return systems.zishu


@pytest.fixture
def user(run, zishu):
    """An account that can log in."""
    return add_user(run, zishu)


@pytest.fixture
def character(run, zishu, user):
    """A companion of the user, in the gallery."""
    return add_character(run, zishu, user)


FIRST = {"before_created_at": None, "before_id": None}
MODEL = {
    "format": "live2d",
    "file_url": "m.zip",
    "file_size": 9,
    "checksum": CHECKSUM,
    "thumbnail_url": None,
    "stage": {"scale": 1.0},
    "motions": {"idle": ["idle_01"]},
}
VOICE = {
    "provider": "edge",
    "provider_voice": "zh-CN-XiaoxiaoNeural",
    "language": "zh-CN",
    "speed": Decimal("1.20"),
    "pitch": Decimal("1.00"),
    "volume": Decimal("1.00"),
    "settings": {"style": "cheerful"},
    "sample_url": None,
}
PERSONALITY = {
    "system_prompt": "你是小紫。",
    "speaking_style": "喵",
    "traits": {"warmth": 0.9},
    "examples": [{"user": "早安", "character": "哼"}],
    "temperature": Decimal("0.80"),
}
PARTS = {
    "character_models": MODEL,
    "character_voices": VOICE,
    "character_personalities": PERSONALITY,
}
each_part = pytest.mark.parametrize("table", PARTS)


def adapted(values):
    """The values, with what is JSONB as such."""
    return {
        name: Jsonb(value) if isinstance(value, dict | list) else value
        for name, value in values.items()
    }


def add_part(run, zishu, table, character, name, *, is_default=False):
    """A body, voice or temper of the companion."""
    return run(
        getattr(zishu, table).create,
        character_id=character.id,
        name=name,
        is_default=is_default,
        **adapted(PARTS[table]),
    )


def add_face(run, zishu, model, name, emotion="happy"):
    """A face of the body."""
    return run(
        zishu.character_expressions.create,
        model_id=model.id,
        name=name,
        emotion=emotion,
        file_url=None,
        parameters=Jsonb({"ParamMouthForm": 1.0}),
        fade_ms=200,
    )


def names(rows):
    """The rows by their names."""
    return [row.name for row in rows]


# Companions


def test_a_companion_is_created_and_found(zishu, run, character):
    """By key, unless it is deleted."""
    assert run(zishu.characters.get, id=character.id) == character
    assert run(zishu.characters.get, id=NOBODY) is None


@pytest.mark.parametrize(
    ("visibility", "stranger_sees_it"), [("public", True), ("unlisted", True), ("private", False)]
)
def test_a_companion_is_shown_as_its_visibility_says(
    zishu, run, user, character, visibility, stranger_sees_it
):
    """Its creator always sees it; the gallery only what is public."""
    changed = run(zishu.characters.set_visibility, id=character.id, visibility=visibility)
    assert changed.visibility == visibility
    for viewer in (None, NOBODY):
        seen = run(zishu.characters.get_visible, id=character.id, viewer_id=viewer)
        assert (seen is not None) == stranger_sees_it
    assert run(zishu.characters.get_visible, id=character.id, viewer_id=user.id) == changed
    gallery = run(zishu.characters.page, limit=9, **FIRST)
    assert bool(gallery) == (visibility == "public")
    assert run(zishu.characters.set_visibility, id=NOBODY, visibility=visibility) is None


def test_a_companion_is_made_and_read_with_its_parts(zishu, run, user):
    """One statement each; the first of a kind is the default, what is left out has its own."""
    made = run(
        zishu.characters.create_with_parts,
        creator_id=user.id,
        name="小紫",
        summary="",
        description="",
        greeting="你来啦",
        avatar_url=None,
        language="ja",
        tags=["傲娇"],
        visibility="private",
        models=Jsonb(
            [
                {"name": "和服", "expressions": [{"name": "笑", "emotion": "happy"}]} | MODEL,
                {"name": "便服"} | {key: MODEL[key] for key in list(MODEL)[:4]},
            ]
        ),
        voices=Jsonb([{"name": "甜", "provider": "edge", "provider_voice": "x", "speed": 1.5}]),
        personalities=Jsonb(
            [
                {"name": "傲娇", "system_prompt": "你是小紫。"},
                {"name": "温柔", "system_prompt": "你很温柔。", "temperature": 0.2},
            ]
        ),
    )
    whole = run(zishu.characters.get_with_parts, id=made.id)
    assert (whole.id, whole.greeting, whole.tags) == (made.id, "你来啦", ["傲娇"])
    kimono, plain = whole.models
    assert (kimono["name"], kimono["is_default"], kimono["stage"]) == ("和服", True, {"scale": 1.0})
    (face,) = kimono["expressions"]
    assert (face["name"], face["emotion"], face["fade_ms"]) == ("笑", "happy", 300)
    assert (plain["name"], plain["is_default"], plain["motions"]) == ("便服", False, {})
    assert plain["expressions"] == []
    (voice,) = whole.voices
    assert (voice["language"], voice["speed"], voice["pitch"]) == ("ja", 1.5, 1)
    assert [(row["name"], row["temperature"]) for row in whole.personalities] == [
        ("傲娇", 0.8),
        ("温柔", 0.2),
    ]


def test_a_companion_without_parts_has_empty_lists(zishu, run, character):
    """And one that is not there has none."""
    whole = run(zishu.characters.get_with_parts, id=character.id)
    assert (whole.models, whole.voices, whole.personalities) == ([], [], [])
    assert run(zishu.characters.get_with_parts, id=NOBODY) is None


@pytest.mark.parametrize(
    ("page", "arguments"),
    [
        ("page", {}),
        ("page_by_creator", {"creator_id": None}),
        ("page_by_tags", {"tags": ["猫", "傲娇"]}),
        ("search", {"words": "猫娘 city"}),
    ],
)
def test_companions_are_paged_newest_first(zishu, run, user, page, arguments):
    """The gallery, a creator's, a tag's, and what words find."""
    for number in range(3):
        row = add_character(
            run,
            zishu,
            user,
            f"c{number}",
            tags=["傲娇", "猫"],
            description="猫娘, city cat",
        )
        run.sql(
            "update zishu.characters set created_at = created_at - %s where id = %s",
            timedelta(minutes=60 - number),
            row.id,
        )
    add_character(run, zishu, None, "other", tags=["猫"], visibility="private")
    arguments = {name: value or user.id for name, value in arguments.items()}
    query = getattr(zishu.characters, page)
    first = run(query, limit=2, **FIRST, **arguments)
    key = {"before_created_at": first[-1].created_at, "before_id": first[-1].id}
    rest = run(query, limit=2, **key, **arguments)
    assert [names(first), names(rest)] == [["c2", "c1"], ["c0"]]


def test_the_gallery_holds_only_what_is_asked_for(zishu, run):
    """Every tag, every word."""
    add_character(run, zishu, name="猫娘", tags=["猫"])
    tagged = zishu.characters.page_by_tags
    assert names(run(tagged, tags=["猫"], limit=9, **FIRST)) == ["猫娘"]
    assert run(tagged, tags=["猫", "狗"], limit=9, **FIRST) == []
    assert run(zishu.characters.search, words="猫娘 狗", limit=9, **FIRST) == []


def test_a_companion_is_edited(zishu, run, character):
    """The form sets every field, and a null empties one."""
    form = {
        "name": "紫",
        "summary": "…",
        "description": "……",
        "greeting": None,
        "avatar_url": "a.png",
        "language": "ja",
        "tags": ["新"],
    }
    edited = run(zishu.characters.edit, id=character.id, **form)
    assert {name: getattr(edited, name) for name in form} == form
    assert run(zishu.characters.edit, id=NOBODY, **form) is None


def test_a_deleted_companion_can_come_back_or_go_for_good(zishu, run, character):
    """Its parts go with it, and only a deleted one goes."""
    add_part(run, zishu, "character_voices", character, "甜")
    assert run(zishu.characters.remove, id=character.id) == 0
    assert run(zishu.characters.delete, id=character.id) == 1
    assert run(zishu.characters.delete, id=character.id) == 0
    assert run(zishu.characters.get, id=character.id) is None
    assert run(zishu.characters.restore, id=character.id).deleted_at is None
    assert run(zishu.characters.restore, id=character.id) is None
    run(zishu.characters.delete, id=character.id)
    assert run(zishu.characters.remove, id=character.id) == 1
    assert run.sql("select count(*) from zishu.character_voices") == [(0,)]


# Bodies, voices and tempers


@each_part
def test_a_part_is_created_and_found(zishu, run, character, table):
    """As it was given."""
    part = add_part(run, zishu, table, character, "甲")
    assert run(getattr(zishu, table).get, id=part.id) == part
    assert {name: getattr(part, name) for name in PARTS[table]} == PARTS[table]
    assert run(getattr(zishu, table).get, id=NOBODY) is None


@each_part
def test_the_first_part_is_the_default_until_another_is(zishu, run, character, table):
    """The flag is handed over by creating, and by choosing."""
    queries = getattr(zishu, table)
    first = add_part(run, zishu, table, character, "c")
    second = add_part(run, zishu, table, character, "b")
    assert (first.is_default, second.is_default) == (True, False)
    third = add_part(run, zishu, table, character, "a", is_default=True)
    assert run(queries.get_default, character_id=character.id) == third
    chosen = run(queries.set_default, id=second.id)
    assert (chosen.id, chosen.is_default) == (second.id, True)
    assert run(queries.set_default, id=second.id).is_default
    flags = {
        row.name: row.is_default
        for row in run(queries.page, character_id=character.id, after_name=None, limit=9)
    }
    assert flags == {"a": False, "b": True, "c": False}
    assert run(queries.set_default, id=NOBODY) is None


@each_part
def test_without_a_default_the_first_by_name_stands_in(zishu, run, character, table):
    """And without any part there is none."""
    queries = getattr(zishu, table)
    assert run(queries.get_default, character_id=character.id) is None
    parts = [add_part(run, zishu, table, character, name) for name in "cba"]
    assert run(queries.delete, id=parts[0].id) == 1
    assert run(queries.delete, id=parts[0].id) == 0
    assert run(queries.get_default, character_id=character.id).name == "a"


@each_part
def test_parts_are_paged_by_name(zishu, run, character, table):
    """Each page begins where the one before ended."""
    for name in "cab":
        add_part(run, zishu, table, character, name)
    query = getattr(zishu, table).page
    first = run(query, character_id=character.id, after_name=None, limit=2)
    rest = run(query, character_id=character.id, after_name="b", limit=2)
    assert [names(first), names(rest)] == [["a", "b"], ["c"]]
    assert run(query, character_id=character.id, after_name="c", limit=2) == []


@pytest.mark.parametrize(
    ("table", "changes"),
    [
        ("character_models", {"format": "image", "thumbnail_url": "t.png", "motions": {}}),
        ("character_voices", {"volume": Decimal("0.50"), "settings": {}, "sample_url": "s"}),
        ("character_personalities", {"examples": [], "temperature": Decimal("0.20")}),
    ],
)
def test_a_part_is_edited(zishu, run, character, table, changes):
    """The form sets every field, and leaves the default as it is."""
    part = add_part(run, zishu, table, character, "甲")
    form = PARTS[table] | changes | {"name": "乙"}
    edited = run(getattr(zishu, table).edit, id=part.id, **adapted(form))
    assert {name: getattr(edited, name) for name in form} == form
    assert edited.is_default
    assert run(getattr(zishu, table).edit, id=NOBODY, **adapted(form)) is None


# Faces


@pytest.fixture
def model(run, zishu, character):
    """A body of the companion."""
    return add_part(run, zishu, "character_models", character, "和服")


def test_a_face_is_created_and_deleted(zishu, run, model):
    """A second time there is nothing to delete."""
    face = add_face(run, zishu, model, "笑")
    assert run(zishu.character_expressions.get, id=face.id) == face
    assert face.parameters == {"ParamMouthForm": 1.0}
    assert run(zishu.character_expressions.delete, id=face.id) == 1
    assert run(zishu.character_expressions.delete, id=face.id) == 0
    assert run(zishu.character_expressions.get, id=face.id) is None


def test_the_faces_of_a_file_are_taken_at_once(zishu, run, model):
    """What is there by that name is replaced."""
    smile = add_face(run, zishu, model, "笑")
    rows = run(
        zishu.character_expressions.create_many,
        model_id=model.id,
        expressions=Jsonb(
            [{"name": "笑", "emotion": "shy"}, {"name": "哭", "emotion": "sad", "fade_ms": 0}]
        ),
    )
    assert {row.name: (row.emotion, row.fade_ms) for row in rows} == {
        "笑": ("shy", 300),
        "哭": ("sad", 0),
    }
    assert run(zishu.character_expressions.get, id=smile.id).parameters == {}
    empty = {"model_id": model.id, "expressions": Jsonb([])}
    assert run(zishu.character_expressions.create_many, **empty) == []


def test_faces_are_found_by_name_and_emotion(zishu, run, model):
    """Several may stand for one emotion."""
    for name, emotion in (("c", "happy"), ("a", "sad"), ("b", "happy")):
        add_face(run, zishu, model, name, emotion)
    by_emotion = zishu.character_expressions.list_by_emotion
    assert names(run(by_emotion, model_id=model.id, emotion="happy")) == ["b", "c"]
    assert run(by_emotion, model_id=model.id, emotion="angry") == []
    query = zishu.character_expressions.page
    first = run(query, model_id=model.id, after_name=None, limit=2)
    rest = run(query, model_id=model.id, after_name="b", limit=2)
    assert [names(first), names(rest)] == [["a", "b"], ["c"]]


def test_a_face_is_edited(zishu, run, model):
    """The form sets every field."""
    face = add_face(run, zishu, model, "笑")
    form = {"name": "哭", "emotion": "sad", "file_url": "f.png", "parameters": {}, "fade_ms": 0}
    edited = run(zishu.character_expressions.edit, id=face.id, **adapted(form))
    assert {name: getattr(edited, name) for name in form} == form
    assert run(zishu.character_expressions.edit, id=NOBODY, **adapted(form)) is None
