"""The queries of emotional_chat.knowledge, each by its effect."""

# ruff: noqa: RUF001 (Chinese has commas of its own)

from __future__ import annotations

import psycopg
import pytest
from psycopg.types.json import Jsonb

from callers import at_once, at_once_async


@pytest.fixture
def knowledge(systems):
    """The queries."""
    return systems.emotional_chat.knowledge


@pytest.fixture
def new(knowledge, run):
    """`new("睡不着怎么办")` adds an article."""

    def create(title, content="规律作息。", category="睡眠", tags=(), *, is_active=True):
        values = {"content": content, "tags": Jsonb(list(tags)), "is_active": is_active}
        return run(knowledge.create, category=category, title=title, **values)

    return create


def test_an_article_is_found(knowledge, run, new):
    """An article is found by its id and by its shelf and title, as it was given."""
    article = new("睡不着怎么办", tags=["失眠"])
    assert (article.category, article.content) == ("睡眠", "规律作息。")
    assert (article.tags, article.is_active) == (["失眠"], True)
    assert run(knowledge.get, id=article.id) == article
    by_title = {"category": "睡眠", "title": "睡不着怎么办"}
    assert run(knowledge.get_by_title, **by_title) == article
    assert run(knowledge.get, id=-1) is None
    assert run(knowledge.get_by_title, **by_title | {"category": "情绪"}) is None


def test_a_title_is_one_article_of_a_shelf(new):
    """The same title may stand on another shelf, not twice on one."""
    new("深呼吸")
    new("深呼吸", category="压力管理")
    with pytest.raises(psycopg.errors.UniqueViolation):
        new("深呼吸")


def test_an_import_adds_or_replaces(knowledge, run):
    """The first import adds the article, the second replaces it, and what is withdrawn stays so."""
    key = {"category": "睡眠", "title": "深呼吸"}
    first = run(knowledge.upsert, **key, content="一", tags=Jsonb([]))
    run(knowledge.set_active, id=first.id, is_active=False)
    second = run(knowledge.upsert, **key, content="二", tags=Jsonb(["呼吸练习"]))
    assert second == first._replace(content="二", tags=["呼吸练习"], is_active=False)
    assert run(knowledge.get, id=first.id) == second
    assert run(knowledge.search, words="二", limit=9) == []


@pytest.mark.parametrize("gather", [at_once, at_once_async])
def test_many_imports_are_one_article(knowledge, database, gather):
    """Of eight imports at once none fails, and one article is there."""
    article = {"category": "睡眠", "title": "深呼吸", "content": "…", "tags": Jsonb([])}
    rows = gather(database, knowledge.upsert, [article] * 8)
    assert len({row.id for row in rows}) == 1


def test_a_shelf_is_paged(knowledge, run, new):
    """Each article of the shelf is on one page, by title, with those not in use."""
    made = [new("c"), new("a"), new("b", is_active=False)]
    new("d", category="情绪")
    first = run(knowledge.page, category="睡眠", after_title=None, limit=2)
    second = run(knowledge.page, category="睡眠", after_title=first[-1].title, limit=2)
    assert first + second == [made[1], made[2], made[0]]
    assert run(knowledge.page, category="危机干预", after_title=None, limit=2) == []


def test_articles_are_paged_by_tags(knowledge, run, new):
    """Each article in use with all of the tags is on one page, the newest first."""
    both = [new(title, tags=["焦虑", "呼吸练习", title]) for title in "abc"]
    one = new("d", tags=["焦虑"])
    new("e", tags=["焦虑", "呼吸练习"], is_active=False)
    tags = {"tags": ["呼吸练习", "焦虑"]}
    first = run(knowledge.page_by_tags, **tags, before_id=None, limit=2)
    second = run(knowledge.page_by_tags, **tags, before_id=first[-1].id, limit=2)
    assert first + second == both[::-1]
    assert run(knowledge.page_by_tags, tags=["焦虑"], before_id=None, limit=1) == [one]
    assert run(knowledge.page_by_tags, tags=["失眠"], before_id=None, limit=9) == []


def test_articles_are_searched(knowledge, run, new):
    """All the words must be there, in Chinese or English; titles come first, then short texts."""
    long = new("a", content="睡前少看手机，" + "别的很多：" + "一二三四五六七八九十" * 9)
    short = new("b", content="睡前散步，别看手机。")
    title = new("睡前", content="Relaxing exercises help." + "别的很多：" * 9)
    new("睡前睡前", is_active=False)

    def found(words, limit=9):
        return [row.id for row in run(knowledge.search, words=words, limit=limit)]

    assert found("睡前") == [title.id, short.id, long.id]
    assert found("睡前", limit=1) == [title.id]
    assert found("睡前 手机") == [short.id, long.id]
    assert found("exercise") == [title.id]
    assert found("加班") == found("the") == found("") == []
    rows = run(knowledge.search, words="睡前", limit=9)
    assert [row.in_title for row in rows] == [True, False, False]
    assert rows[1].rank > rows[2].rank > 0


def test_titles_are_searched_as_they_are_typed(knowledge, run, new):
    """A part of a title finds it, in any case and literally, from two characters on."""
    article, other = new("Mindful 睡眠 100%"), new("安心睡眠")
    new("睡眠草稿", is_active=False)

    def found(words, limit=9):
        return run(knowledge.search_titles, words=words, limit=limit)

    assert {row.id for row in found("睡眠")} == {article.id, other.id}
    assert found("安心") == [(other.id, "睡眠", "安心睡眠")]
    assert [row.id for row in found("mindf")] == [article.id]
    assert [row.id for row in found("0%")] == [article.id]
    assert len(found("睡眠", limit=1)) == 1
    assert found("眠睡") == found("睡") == found("") == []


def test_shelves_are_counted(knowledge, run, new):
    """Each shelf with an article in use is listed with how many it has."""
    assert run(knowledge.list_categories) == []
    new("a", category="b")
    new("b", category="b")
    new("c", category="a")
    new("d", category="c", is_active=False)
    assert run(knowledge.list_categories) == [("a", 1), ("b", 2)]


def test_an_article_is_what_the_form_says(knowledge, run, new):
    """Every field takes the form's value and is searched by it; no article, no row."""
    article = new("睡不着怎么办")
    form = {"category": "情绪", "title": "难过怎么办", "content": "散步。"}
    changed = run(knowledge.change, id=article.id, **form, tags=Jsonb(["情绪"]))
    assert changed == article._replace(**form, tags=["情绪"])
    assert [row.id for row in run(knowledge.search, words="散步", limit=9)] == [article.id]
    assert run(knowledge.search, words="睡不着", limit=9) == []
    assert run(knowledge.change, id=-1, **form, tags=Jsonb([])) is None


def test_an_article_is_withdrawn(knowledge, run, new):
    """What is withdrawn isn't found by search, and is again when it is back."""
    article = new("深呼吸")
    search = {"words": "深呼吸", "limit": 9}
    assert not run(knowledge.set_active, id=article.id, is_active=False).is_active
    assert run(knowledge.search, **search) == run(knowledge.search_titles, **search) == []
    assert run(knowledge.set_active, id=article.id, is_active=True) == article
    assert len(run(knowledge.search, **search)) == 1
    assert run(knowledge.set_active, id=-1, is_active=True) is None


def test_an_article_is_deleted(knowledge, run, new):
    """An article is deleted once."""
    article = new("深呼吸")
    assert [run(knowledge.delete, id=article.id) for _ in range(2)] == [1, 0]
    assert run(knowledge.get, id=article.id) is None
