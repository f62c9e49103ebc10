"""The queries of zishu's adapter market: shelves, adapters, versions, downloads, ratings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from psycopg.types.json import Jsonb

from zishu_rows import CHECKSUM, NOBODY, add_adapter, add_user, add_version, at_once


@pytest.fixture
def zishu(systems):
    """The queries of the schema."""
    return systems.zishu


@pytest.fixture
def user(run, zishu):
    """An account that can log in."""
    return add_user(run, zishu)


@pytest.fixture
def adapter(run, zishu):
    """A published adapter with its version 1.0.0."""
    return add_adapter(run, zishu)


@pytest.fixture
def on(database):
    """`on(query, id=1)` calls it on a connection of its own, in autocommit."""

    def call(query, **arguments):
        with psycopg.connect(database, autocommit=True) as conn:
            return query(conn, **arguments)

    return call


def aged(run, adapters):
    """Makes the adapters older, the first the most."""
    for number, adapter in enumerate(adapters):
        run.sql(
            "update zishu.adapters set created_at = created_at - %s where id = %s",
            timedelta(minutes=60 - number),
            adapter.id,
        )


def slugs(rows):
    """The names that they are installed by."""
    return [row.slug for row in rows]


FIRST = {"before_created_at": None, "before_id": None}


def after(row):
    """The key of the page behind this row."""
    return {"before_created_at": row.created_at, "before_id": row.id}


# Shelves


def add_shelf(run, zishu, slug, parent=None):
    """A shelf below another, or at the root."""
    return run(
        zishu.adapter_categories.create,
        parent_id=parent.id if parent else None,
        slug=slug,
        name=slug.title(),
        description="",
        icon_url=None,
    )


def test_shelves_are_put_up_behind_their_siblings(zishu, run):
    """Each parent counts for itself."""
    tools, games = (add_shelf(run, zishu, slug) for slug in ("tools", "games"))
    office = add_shelf(run, zishu, "office", tools)
    assert [shelf.sort_order for shelf in (tools, games, office)] == [0, 1, 0]
    categories = zishu.adapter_categories
    assert run(categories.get, id=tools.id) == tools
    assert run(categories.get_by_slug, slug="games") == games
    assert slugs(run(categories.list_children, parent_id=None)) == ["tools", "games"]
    assert slugs(run(categories.list_children, parent_id=tools.id)) == ["office"]
    assert run(categories.list_children, parent_id=games.id) == []
    assert run(categories.get, id=NOBODY) is None
    assert run(categories.get_by_slug, slug="nothing") is None


def test_shelves_are_paged_by_name(zishu, run):
    """Wherever they stand."""
    for slug in ("b", "c", "a"):
        add_shelf(run, zishu, slug)
    first = run(zishu.adapter_categories.page, after_slug=None, limit=2)
    rest = run(zishu.adapter_categories.page, after_slug=first[-1].slug, limit=2)
    assert [slugs(first), slugs(rest)] == [["a", "b"], ["c"]]


def test_the_tree_is_walked_in_order(zishu, run):
    """Each shelf stands before what is below it, and the way to it begins at the root."""
    tools, games = (add_shelf(run, zishu, slug) for slug in ("tools", "games"))
    office = add_shelf(run, zishu, "office", tools)
    mail = add_shelf(run, zishu, "mail", office)
    rows = run(zishu.adapter_categories.list_tree)
    assert [(row.slug, row.depth) for row in rows] == [
        ("tools", 0),
        ("office", 1),
        ("mail", 2),
        ("games", 0),
    ]
    way = run(zishu.adapter_categories.list_path, id=mail.id)
    assert slugs(way) == ["tools", "office", "mail"]
    assert slugs(run(zishu.adapter_categories.list_path, id=games.id)) == ["games"]
    assert run(zishu.adapter_categories.list_path, id=NOBODY) == []


def test_a_shelf_is_edited(zishu, run):
    """The form sets every field."""
    shelf = add_shelf(run, zishu, "tools")
    form = {"slug": "utilities", "name": "工具", "description": "…", "icon_url": "i.png"}
    edited = run(zishu.adapter_categories.edit, id=shelf.id, **form)
    assert {name: getattr(edited, name) for name in form} == form
    assert run(zishu.adapter_categories.edit, id=NOBODY, **form) is None


def test_a_shelf_moves_with_all_below_it(zishu, run):
    """Behind the last one there, and back to the root."""
    tools, games = (add_shelf(run, zishu, slug) for slug in ("tools", "games"))
    add_shelf(run, zishu, "office", tools)
    moved = run(zishu.adapter_categories.move, id=games.id, parent_id=tools.id)
    assert (moved.parent_id, moved.sort_order) == (tools.id, 1)
    moved = run(zishu.adapter_categories.move, id=games.id, parent_id=None)
    assert (moved.parent_id, moved.sort_order) == (None, 1)
    assert run(zishu.adapter_categories.move, id=NOBODY, parent_id=None) is None


def test_siblings_are_put_in_order(zishu, run):
    """In one statement; a shelf of another parent is left alone."""
    shelves = [add_shelf(run, zishu, slug) for slug in "abc"]
    other = add_shelf(run, zishu, "d", shelves[0])
    ids = [shelves[2].id, other.id, shelves[0].id, shelves[1].id]
    assert run(zishu.adapter_categories.reorder, parent_id=None, ids=ids) == 3
    assert slugs(run(zishu.adapter_categories.list_children, parent_id=None)) == ["c", "a", "b"]
    assert run(zishu.adapter_categories.get, id=other.id).sort_order == 0
    assert run(zishu.adapter_categories.reorder, parent_id=None, ids=[]) == 0


def test_many_reorder_at_once(zishu, on):
    """Nobody is ended as a deadlock, and the order is one that somebody wanted."""
    ids = [add_shelf(on, zishu, f"shelf-{number}").id for number in range(12)]

    def reorder(number):
        wanted = ids[number:] + ids[:number]
        for turn in (wanted, wanted[::-1]):
            assert on(zishu.adapter_categories.reorder, parent_id=None, ids=turn) == 12
        return wanted[::-1]

    wanted = at_once(6, reorder)
    rows = on(zishu.adapter_categories.list_children, parent_id=None)
    assert [row.id for row in rows] in wanted


def test_an_empty_shelf_is_taken_down(zishu, run):
    """Its adapters stay without one; while another is below it, it stays."""
    shelf = add_shelf(run, zishu, "tools")
    below = add_shelf(run, zishu, "office", shelf)
    adapter = add_adapter(run, zishu, category_id=below.id)
    assert run(zishu.adapter_categories.delete, id=below.id) == 1
    assert run(zishu.adapter_categories.delete, id=below.id) == 0
    assert run(zishu.adapters.get, id=adapter.id).category_id is None
    add_shelf(run, zishu, "office", shelf)
    with pytest.raises(psycopg.errors.IntegrityError):
        run(zishu.adapter_categories.delete, id=shelf.id)


# Adapters


def add_draft(run, zishu, slug="draft", author=None):
    """An adapter that nobody sees but its author."""
    return run(
        zishu.adapters.create,
        author_id=author.id if author else None,
        category_id=None,
        slug=slug,
        name=slug.title(),
        description="",
        kind="hard",
        tags=["device"],
    )


def need(adapter, minimum="1.0.0", below=None, **more):
    """A dependency as the queries take it."""
    return {"depends_on_id": str(adapter.id), "minimum": minimum, "below": below} | more


def test_a_draft_is_found_by_its_author_alone(zishu, run, user):
    """By key and name it is there, in the market it is not."""
    draft = add_draft(run, zishu, author=user)
    assert (draft.status, draft.rating_average) == ("draft", None)
    assert run(zishu.adapters.get, id=draft.id) == draft
    assert run(zishu.adapters.get_by_slug, slug="draft") == draft
    assert run(zishu.adapters.get_details, slug="draft") is None
    assert run(zishu.adapters.page, limit=10, **FIRST) == []
    mine = run(zishu.adapters.page_by_author, author_id=user.id, limit=10, **FIRST)
    assert mine == [draft]
    assert run(zishu.adapters.get, id=NOBODY) is None
    assert run(zishu.adapters.get_by_slug, slug="nothing") is None


def test_an_adapter_is_published_with_version_and_dependencies(zishu, run, adapter):
    """One statement makes what the market shows and an installation gets."""
    published = add_adapter(
        run, zishu, "forecast", dependencies=Jsonb([need(adapter, below="2.0.0")])
    )
    latest = run(zishu.adapter_versions.get_latest, slug="forecast")
    assert (latest.id, latest.version) == (published.version_id, "1.0.0")
    rows = run(zishu.adapter_dependencies.list_by_version, version_id=latest.id)
    assert [(row.slug, row.minimum, row.below, row.is_optional) for row in rows] == [
        ("weather", "1.0.0", "2.0.0", False)
    ]
    assert set(slugs(run(zishu.adapters.page, limit=10, **FIRST))) == {"weather", "forecast"}


def test_the_page_of_an_adapter_is_one_statement(zishu, run, user, adapter):
    """With author, shelf, and versions with what each needs, highest first."""
    shelf = add_shelf(run, zishu, "tools")
    shown = add_adapter(run, zishu, "forecast", author_id=user.id, category_id=shelf.id)
    add_version(run, zishu, shown, "1.10.0", dependencies=[need(adapter, is_optional=True)])
    add_version(run, zishu, shown, "1.9.0", is_latest=False)
    details = run(zishu.adapters.get_details, slug="forecast")
    assert (details.id, details.category_name, details.author_name) == (shown.id, "Tools", None)
    assert [(row["version"], row["is_latest"]) for row in details.versions] == [
        ("1.10.0", True),
        ("1.9.0", False),
        ("1.0.0", False),
    ]
    assert details.versions[0]["dependencies"] == [
        {
            "depends_on_id": str(adapter.id),
            "slug": "weather",
            "name": "Weather",
            "minimum": "1.0.0",
            "below": None,
            "is_optional": True,
        }
    ]
    assert details.versions[1]["dependencies"] == []


@pytest.mark.parametrize(
    ("page", "which"),
    [
        ("page", {}),
        ("page_by_category", {"category_id": "category_id"}),
        ("page_by_author", {"author_id": "author_id"}),
        ("page_by_tags", {"tags": "tags"}),
    ],
)
def test_the_market_is_paged_newest_first(zishu, run, user, page, which):
    """All of it, a shelf, an author's, a tag's."""
    shelf = add_shelf(run, zishu, "tools")
    values = {"category_id": shelf.id, "author_id": user.id, "tags": ["api", "cloud"]}
    aged(run, [add_adapter(run, zishu, f"a{number}", **values) for number in range(3)])
    query = getattr(zishu.adapters, page)
    arguments = {name: values[column] for name, column in which.items()}
    first = run(query, limit=2, **FIRST, **arguments)
    rest = run(query, limit=2, **after(first[-1]), **arguments)
    assert [slugs(first), slugs(rest)] == [["a2", "a1"], ["a0"]]
    assert run(query, limit=2, **after(rest[-1]), **arguments) == []


def test_shelves_and_tags_hold_only_what_is_theirs(zishu, run):
    """Every tag that is asked for must be there."""
    shelf = add_shelf(run, zishu, "tools")
    add_adapter(run, zishu, "both", tags=["api", "cloud"], category_id=shelf.id)
    add_adapter(run, zishu, "one", tags=["api"])
    tagged = run(zishu.adapters.page_by_tags, tags=["cloud", "api"], limit=9, **FIRST)
    assert slugs(tagged) == ["both"]
    shelved = run(zishu.adapters.page_by_category, category_id=shelf.id, limit=9, **FIRST)
    assert slugs(shelved) == ["both"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("天气", ["rain", "sun"]),
        ("forecasts", ["rain"]),
        ("天气 forecast", ["rain"]),
        ("音乐", []),
        ("the", []),
        ("", []),
    ],
)
def test_adapters_are_found_by_words(zishu, run, words, found):
    """In Chinese and English, the most downloaded first."""
    rain = add_adapter(run, zishu, "rain", name="天气预报", description="A weather forecast")
    add_adapter(run, zishu, "sun", name="天气")
    download(run, zishu, rain.version_id)
    page = {"before_download_count": None, "before_id": None}
    assert slugs(run(zishu.adapters.search, words=words, limit=10, **page)) == found


def test_search_goes_on_behind_the_last_page(zishu, run):
    """By downloads and key."""
    for number in range(3):
        adapter = add_adapter(run, zishu, f"a{number}", name="天气")
        for _ in range(number):
            download(run, zishu, adapter.version_id)
    page = {"before_download_count": None, "before_id": None}
    first = run(zishu.adapters.search, words="天气", limit=2, **page)
    page = {"before_download_count": first[-1].download_count, "before_id": first[-1].id}
    rest = run(zishu.adapters.search, words="天气", limit=2, **page)
    assert [slugs(first), slugs(rest)] == [["a2", "a1"], ["a0"]]


def test_the_most_downloaded_come_first(zishu, run):
    """Equals are told apart by key."""
    for number in (2, 0, 1):
        adapter = add_adapter(run, zishu, f"a{number}")
        for _ in range(number):
            download(run, zishu, adapter.version_id)
    query = zishu.adapters.page_most_downloaded
    page = {"before_download_count": None, "before_id": None}
    first = run(query, limit=2, **page)
    page = {"before_download_count": first[-1].download_count, "before_id": first[-1].id}
    assert [slugs(first), slugs(run(query, limit=2, **page))] == [["a2", "a1"], ["a0"]]


def test_the_best_rated_come_first(zishu, run):
    """Of what at least so many rated; what nobody rated is never among them."""
    users = [add_user(run, zishu, f"user{number}") for number in range(2)]
    stars = {"good": (5, 4), "fair": (3, 3), "loved-by-one": (5,), "unrated": ()}
    for slug, given in stars.items():
        adapter = add_adapter(run, zishu, slug)
        for user, number in zip(users, given, strict=False):
            rate(run, zishu, adapter, user, number)
    query = zishu.adapters.page_best_rated
    page = {"before_rating_average": None, "before_id": None}
    assert slugs(run(query, at_least=0, limit=9, **page)) == ["loved-by-one", "good", "fair"]
    first = run(query, at_least=2, limit=1, **page)
    page = {"before_rating_average": first[0].rating_average, "before_id": first[0].id}
    assert [slugs(first), slugs(run(query, at_least=2, limit=9, **page))] == [["good"], ["fair"]]


def test_an_adapter_is_edited(zishu, run, adapter):
    """The form sets every field but the name that it is installed by."""
    form = {
        "category_id": None,
        "name": "天气",
        "description": "…",
        "kind": "intelligent",
        "tags": ["天气"],
    }
    edited = run(zishu.adapters.edit, id=adapter.id, **form)
    assert {name: getattr(edited, name) for name in form} == form
    assert edited.slug == "weather"
    assert run(zishu.adapters.edit, id=NOBODY, **form) is None


def test_an_archived_adapter_is_installed_but_not_shown(zishu, run, adapter):
    """The page by name stays."""
    archived = run(zishu.adapters.set_status, id=adapter.id, status="archived")
    assert archived.status == "archived"
    assert run(zishu.adapters.page, limit=9, **FIRST) == []
    assert run(zishu.adapter_versions.get_latest, slug="weather").version == "1.0.0"
    assert run(zishu.adapters.get_details, slug="weather").id == adapter.id
    assert run(zishu.adapters.set_status, id=NOBODY, status="archived") is None


def test_a_deleted_adapter_can_come_back(zishu, run, adapter):
    """Meanwhile it is nowhere, and its name is taken."""
    assert run(zishu.adapters.delete, id=adapter.id) == 1
    assert run(zishu.adapters.delete, id=adapter.id) == 0
    assert run(zishu.adapters.get_by_slug, slug="weather") is None
    assert run(zishu.adapter_versions.get_latest, slug="weather") is None
    assert run(zishu.adapters.restore, id=adapter.id).deleted_at is None
    assert run(zishu.adapters.restore, id=adapter.id) is None
    assert slugs(run(zishu.adapters.page, limit=9, **FIRST)) == ["weather"]


# Versions


def draft_version(run, zishu, adapter, version="2.0.0", dependencies=()):
    """A draft of a version."""
    return run(
        zishu.adapter_versions.create,
        adapter_id=adapter.id,
        version=version,
        changelog="",
        manifest=Jsonb({"entry": "main.py"}),
        dependencies=Jsonb(list(dependencies)),
    )


PACKAGE = {"package_url": "https://example.com/c.zip", "package_size": 5, "checksum": CHECKSUM}


def latest(run, zishu, slug="weather"):
    """What an installation gets."""
    return run(zishu.adapter_versions.get_latest, slug=slug).version


def test_a_draft_becomes_the_latest_when_it_is_published(zishu, run, adapter):
    """The flag is handed over in the same statement, and only once."""
    draft = draft_version(run, zishu, adapter)
    assert latest(run, zishu) == "1.0.0"
    published = run(zishu.adapter_versions.publish, id=draft.id, is_latest=True, **PACKAGE)
    assert (published.is_latest, published.package_size) == (True, 5)
    assert latest(run, zishu) == "2.0.0"
    old = run(zishu.adapter_versions.get, id=adapter.version_id)
    assert (old.version, old.is_latest) == ("1.0.0", False)
    again = run(zishu.adapter_versions.publish, id=draft.id, is_latest=True, **PACKAGE)
    assert again is None
    assert run(zishu.adapter_versions.get, id=NOBODY) is None


def test_a_fix_is_published_beside_the_latest(zishu, run, adapter):
    """The author says which version is the latest."""
    draft = draft_version(run, zishu, adapter, "0.9.1")
    published = run(zishu.adapter_versions.publish, id=draft.id, is_latest=False, **PACKAGE)
    assert not published.is_latest
    assert latest(run, zishu) == "1.0.0"


def test_the_first_version_brings_a_draft_to_the_market(zishu, run):
    """Published from a draft of a version, or released at once."""
    for slug in ("one", "two"):
        adapter = add_draft(run, zishu, slug)
        if slug == "one":
            draft = draft_version(run, zishu, adapter, "1.0.0")
            run(zishu.adapter_versions.publish, id=draft.id, is_latest=True, **PACKAGE)
        else:
            add_version(run, zishu, adapter, "1.0.0")
        assert latest(run, zishu, slug) == "1.0.0"
    assert set(slugs(run(zishu.adapters.page, limit=9, **FIRST))) == {"one", "two"}


def test_a_version_is_released_with_what_it_needs(zishu, run, adapter):
    """Version, flag and dependencies in one statement."""
    other = add_adapter(run, zishu, "other")
    released = add_version(run, zishu, adapter, "1.1.0", dependencies=[need(other)])
    assert (released.is_latest, released.published_at is None) == (True, False)
    assert latest(run, zishu) == "1.1.0"
    rows = run(zishu.adapter_dependencies.list_by_version, version_id=released.id)
    assert slugs(rows) == ["other"]


def test_many_release_at_once(zishu, on):
    """One version is the latest; whoever comes too late is told so, and leaves nothing."""
    adapter = add_adapter(on, zishu)

    def release(number):
        try:
            return add_version(on, zishu, adapter, f"2.{number}.0").version
        except psycopg.errors.UniqueViolation as error:
            return error.diag.constraint_name

    outcomes = set(at_once(6, release))
    released = outcomes - {"adapter_versions_latest_key"}
    key = {"before_version": None, "before_created_at": None, "before_id": None}
    rows = on(zishu.adapter_versions.page, adapter_id=adapter.id, limit=9, **key)
    assert {row.version for row in rows} == {"1.0.0", *released}
    assert sum(row.is_latest for row in rows) == 1
    assert latest(on, zishu) in released


def test_a_version_is_found_by_its_number(zishu, run, adapter):
    """Of this adapter, and as it is written."""
    query = zishu.adapter_versions.get_by_version
    found = run(query, adapter_id=adapter.id, version="1.0.0")
    assert found.id == adapter.version_id
    assert run(query, adapter_id=adapter.id, version="1.0") is None


@pytest.mark.parametrize(
    ("minimum", "below", "found"),
    [
        ("1.0.0", None, "2.0.0"),
        ("1.0.0", "2.0.0", "1.10.0"),
        ("1.0.0", "1.10.0", "1.9.0"),
        ("1.9.1", "1.10.0", None),
        ("3.0.0", None, None),
        ("1.0.0", "nonsense", None),
    ],
)
def test_the_highest_version_of_a_range_is_found(zishu, run, adapter, minimum, below, found):
    """By numbers, not letters; neither pre-releases nor drafts nor yanked ones."""
    for version in ("1.9.0", "1.10.0", "2.0.0", "3.0.0-beta.1", "4.0.0"):
        released = add_version(run, zishu, adapter, version, is_latest=False)
    run(zishu.adapter_versions.yank, id=released.id)
    draft_version(run, zishu, adapter, "5.0.0")
    row = run(
        zishu.adapter_versions.get_highest, adapter_id=adapter.id, minimum=minimum, below=below
    )
    assert (row and row.version) == found


def test_versions_are_paged_highest_first(zishu, run, adapter):
    """Pre-releases share a number with what they lead to, the newer first."""
    for number, version in enumerate(("1.10.0", "1.9.0", "1.10.0-rc.1", "1.10.0-rc.2")):
        row = add_version(run, zishu, adapter, version, is_latest=False)
        run.sql(
            "update zishu.adapter_versions set created_at = created_at + %s where id = %s",
            timedelta(minutes=-number),
            row.id,
        )
    seen, key = [], {"before_version": None, "before_created_at": None, "before_id": None}
    query = zishu.adapter_versions.page
    while rows := run(query, adapter_id=adapter.id, limit=2, **key):
        seen += [row.version for row in rows]
        last = rows[-1]
        key = {"before_version": last.version} | after(last)
    assert seen == ["1.10.0", "1.10.0-rc.1", "1.10.0-rc.2", "1.9.0", "1.0.0"]


def test_a_draft_is_edited_until_it_is_published(zishu, run, adapter):
    """After that only the words about it change."""
    draft = draft_version(run, zishu, adapter)
    form = {"version": "2.0.1", "changelog": "new", "manifest": Jsonb({"entry": "a.py"})}
    edited = run(zishu.adapter_versions.edit, id=draft.id, **form)
    assert (edited.version, edited.manifest) == ("2.0.1", {"entry": "a.py"})
    run(zishu.adapter_versions.publish, id=draft.id, is_latest=True, **PACKAGE)
    assert run(zishu.adapter_versions.edit, id=draft.id, **form) is None
    told = run(zishu.adapter_versions.set_changelog, id=draft.id, changelog="better")
    assert told.changelog == "better"
    assert run(zishu.adapter_versions.set_changelog, id=NOBODY, changelog="") is None


def test_the_latest_is_chosen(zishu, run, adapter):
    """Back and forth, but never a draft."""
    add_version(run, zishu, adapter, "2.0.0")
    assert run(zishu.adapter_versions.set_latest, id=adapter.version_id).is_latest
    assert latest(run, zishu) == "1.0.0"
    assert run(zishu.adapter_versions.set_latest, id=adapter.version_id).is_latest
    draft = draft_version(run, zishu, adapter, "3.0.0")
    assert run(zishu.adapter_versions.set_latest, id=draft.id) is None
    assert latest(run, zishu) == "1.0.0"


def test_a_yanked_version_hands_the_flag_to_the_highest_of_the_rest(zishu, run, adapter):
    """A pre-release doesn't inherit it; when none is left there is no latest."""
    add_version(run, zishu, adapter, "1.1.0", is_latest=False)
    add_version(run, zishu, adapter, "1.5.0-rc.1", is_latest=False)
    worst = add_version(run, zishu, adapter, "2.0.0")
    yanked = run(zishu.adapter_versions.yank, id=worst.id)
    assert (yanked.is_latest, yanked.yanked_at is None) == (False, False)
    assert run(zishu.adapter_versions.yank, id=worst.id) is None
    assert latest(run, zishu) == "1.1.0"
    run(zishu.adapter_versions.yank, id=adapter.version_id)
    assert latest(run, zishu) == "1.1.0"
    run(zishu.adapter_versions.yank, id=run(zishu.adapter_versions.get_latest, slug="weather").id)
    assert run(zishu.adapter_versions.get_latest, slug="weather") is None


def test_a_yanked_version_is_offered_again(zishu, run, adapter):
    """It is not the latest until somebody says so."""
    assert run(zishu.adapter_versions.unyank, id=adapter.version_id) is None
    run(zishu.adapter_versions.yank, id=adapter.version_id)
    offered = run(zishu.adapter_versions.unyank, id=adapter.version_id)
    assert (offered.yanked_at, offered.is_latest) == (None, False)


def test_only_a_draft_is_thrown_away(zishu, run, adapter):
    """What is published stays."""
    draft = draft_version(run, zishu, adapter)
    assert run(zishu.adapter_versions.delete, id=draft.id) == 1
    assert run(zishu.adapter_versions.delete, id=draft.id) == 0
    assert run(zishu.adapter_versions.delete, id=adapter.version_id) == 0
    assert run(zishu.adapter_versions.get, id=adapter.version_id) is not None


# Dependencies


def test_a_draft_changes_what_it_needs_until_it_is_published(zishu, run, adapter):
    """Then all three writes do nothing."""
    other = add_adapter(run, zishu, "other")
    draft = draft_version(run, zishu, other)
    dependencies = zishu.adapter_dependencies
    key = {"version_id": draft.id, "depends_on_id": adapter.id}
    wide = {"minimum": "1.0.0", "below": None, "is_optional": False}
    narrow = {"minimum": "1.2.0", "below": "2.0.0", "is_optional": True}
    assert run(dependencies.get, **key) is None
    created = run(dependencies.create, **key, **wide)
    assert run(dependencies.get, **key) == created
    edited = run(dependencies.edit, **key, **narrow)
    assert (edited.minimum, edited.below, edited.is_optional) == ("1.2.0", "2.0.0", True)
    assert run(dependencies.delete, **key) == 1
    assert run(dependencies.delete, **key) == 0
    run(dependencies.create, **key, **wide)
    run(zishu.adapter_versions.publish, id=draft.id, is_latest=True, **PACKAGE)
    assert run(dependencies.edit, **key, **narrow) is None
    assert run(dependencies.delete, **key) == 0
    published = {"version_id": adapter.version_id, "depends_on_id": other.id}
    assert run(dependencies.create, **published, **wide) is None


def test_an_installation_is_listed_innermost_first(zishu, run):
    """Each adapter once, at the highest version that its range allows."""
    base = add_adapter(run, zishu, "base")
    add_version(run, zishu, base, "1.5.0")
    add_version(run, zishu, base, "2.0.0")
    left, right = (
        add_adapter(run, zishu, slug, dependencies=Jsonb([need(base, below="2.0.0", **more)]))
        for slug, more in (("left", {}), ("right", {"is_optional": True}))
    )
    top = add_adapter(
        run, zishu, "top", dependencies=Jsonb([need(left), need(right), need(base, "9.0.0")])
    )
    rows = run(zishu.adapter_dependencies.list_installation, version_id=top.version_id)
    assert [(row.slug, row.version, row.is_optional) for row in rows] == [
        ("base", "1.5.0", False),
        ("base", None, False),
        ("left", "1.0.0", False),
        ("right", "1.0.0", False),
        ("top", "1.0.0", False),
    ]
    assert run(zishu.adapter_dependencies.list_installation, version_id=NOBODY) == []


def test_what_only_an_optional_part_needs_is_optional(zishu, run):
    """However deep it lies."""
    base = add_adapter(run, zishu, "base")
    middle = add_adapter(run, zishu, "middle", dependencies=Jsonb([need(base)]))
    top = add_adapter(run, zishu, "top", dependencies=Jsonb([need(middle, is_optional=True)]))
    rows = run(zishu.adapter_dependencies.list_installation, version_id=top.version_id)
    assert [(row.slug, row.is_optional) for row in rows] == [
        ("base", True),
        ("middle", True),
        ("top", False),
    ]


def test_who_needs_an_adapter_is_paged(zishu, run, adapter):
    """By the key of the version."""
    for number in range(3):
        add_adapter(run, zishu, f"a{number}", dependencies=Jsonb([need(adapter)]))
    query = zishu.adapter_dependencies.page
    first = run(query, depends_on_id=adapter.id, after_version_id=None, limit=2)
    after_id = first[-1].version_id
    rest = run(query, depends_on_id=adapter.id, after_version_id=after_id, limit=2)
    assert sorted(slugs([*first, *rest])) == ["a0", "a1", "a2"]
    assert len(first) == 2
    last = rest[-1].version_id
    assert run(query, depends_on_id=adapter.id, after_version_id=last, limit=2) == []


# Downloads


def download(run, zishu, version_id, user=None):
    """A download of the version."""
    return run(
        zishu.adapter_downloads.create,
        version_id=version_id,
        user_id=user.id if user else None,
        source="market",
        platform=None,
    )


def test_a_download_is_noted_and_counted(zishu, run, user, adapter):
    """The total of the adapter follows."""
    noted = download(run, zishu, adapter.version_id, user)
    assert run(zishu.adapter_downloads.get, id=noted.id) == noted
    assert run(zishu.adapters.get, id=adapter.id).download_count == 1
    assert run(zishu.adapter_downloads.get, id=0) is None


def test_the_downloads_of_an_installation_are_one_statement(zishu, run, user, adapter):
    """Each adapter counts its own; none are no downloads."""
    other = add_adapter(run, zishu, "other")
    values = {"user_id": user.id, "source": "dependency", "platform": "windows"}
    versions = [adapter.version_id, other.version_id]
    assert run(zishu.adapter_downloads.create_many, version_ids=versions, **values) == 2
    assert run(zishu.adapter_downloads.create_many, version_ids=[], **values) == 0
    counts = [run(zishu.adapters.get, id=row.id).download_count for row in (adapter, other)]
    assert counts == [1, 1]


def test_many_download_at_once(zishu, on):
    """In whatever order they name the versions, none is lost and none a deadlock."""
    adapters = [add_adapter(on, zishu, f"a{number}") for number in range(6)]

    def install(number):
        versions = [row.version_id for row in adapters[number:] + adapters[:number]]
        values = {"user_id": None, "source": "api", "platform": None}
        for turn in (versions, versions[::-1]):
            on(zishu.adapter_downloads.create_many, version_ids=turn, **values)

    at_once(6, install)
    assert [on(zishu.adapters.get, id=row.id).download_count for row in adapters] == [12] * 6


def test_what_a_person_downloaded_is_paged_newest_first(zishu, run, user, adapter):
    """With the names that it is known by."""
    rows = [download(run, zishu, adapter.version_id, user) for _ in range(3)]
    for number, row in enumerate(rows):
        run.sql(
            "update zishu.adapter_downloads set created_at = created_at + %s where id = %s",
            timedelta(minutes=number),
            row.id,
        )
    query = zishu.adapter_downloads.page
    first = run(query, user_id=user.id, limit=2, **FIRST)
    rest = run(query, user_id=user.id, limit=2, **after(first[-1]))
    assert [row.id for row in [*first, *rest]] == [row.id for row in reversed(rows)]
    assert (first[0].slug, first[0].version) == ("weather", "1.0.0")
    assert run(query, user_id=NOBODY, limit=2, **FIRST) == []


@pytest.fixture
def charted(zishu, run, adapter):
    """The adapter with one download of 1.0.0 on 1 March and two of 2.0.0 on 2 March, UTC."""
    second = add_version(run, zishu, adapter, "2.0.0")
    times = {
        datetime(2026, 3, 1, 20, tzinfo=UTC): adapter.version_id,
        datetime(2026, 3, 2, 12, tzinfo=UTC): second.id,
        datetime(2026, 3, 2, 13, tzinfo=UTC): second.id,
    }
    for time, version_id in times.items():
        row = download(run, zishu, version_id)
        run.sql("update zishu.adapter_downloads set created_at = %s where id = %s", time, row.id)
    return adapter


SPAN = {"since": datetime(2026, 3, 1, tzinfo=UTC), "until": datetime(2026, 3, 2, 13, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("time_zone", "days"), [("UTC", [(1, 1), (2, 1)]), ("Asia/Shanghai", [(2, 2)])]
)
def test_downloads_are_counted_by_day(zishu, run, charted, time_zone, days):
    """Of the reader's time zone; the end of the span is not in it."""
    query = zishu.adapter_downloads.count_by_day
    rows = run(query, adapter_id=charted.id, time_zone=time_zone, **SPAN)
    assert [(row.day.day, row.downloads) for row in rows] == days


def test_downloads_are_counted_by_version(zishu, run, charted):
    """The most downloaded first; nothing of an adapter that nobody took."""
    query = zishu.adapter_downloads.count_by_version
    span = SPAN | {"until": datetime(2026, 3, 3, tzinfo=UTC)}
    rows = run(query, adapter_id=charted.id, **span)
    assert [(row.version, row.downloads) for row in rows] == [("2.0.0", 2), ("1.0.0", 1)]
    assert run(query, adapter_id=NOBODY, **span) == []


def test_old_downloads_are_removed_in_batches(zishu, run, charted):
    """The oldest first; the totals stay."""
    query = zishu.adapter_downloads.delete_old
    assert run(query, before=SPAN["until"], limit=1) == 1
    left = run.sql("select min(created_at) from zishu.adapter_downloads")
    assert left == [(datetime(2026, 3, 2, 12, tzinfo=UTC),)]
    assert run(query, before=SPAN["until"], limit=9) == 1
    assert run(query, before=SPAN["until"], limit=9) == 0
    assert run(zishu.adapters.get, id=charted.id).download_count == 3


# Ratings


def rate(run, zishu, adapter, user, stars, review=None):
    """The user's stars for the adapter."""
    return run(
        zishu.adapter_ratings.rate,
        adapter_id=adapter.id,
        user_id=user.id,
        stars=stars,
        review=review,
    )


def rating(run, zishu, adapter):
    """How many rated the adapter, and their average."""
    row = run(zishu.adapters.get, id=adapter.id)
    return row.rating_count, row.rating_average


def test_a_person_rates_once_and_may_change_it(zishu, run, user, adapter):
    """The average follows."""
    rate(run, zishu, adapter, user, 2, "不好")
    assert rating(run, zishu, adapter) == (1, Decimal("2.00"))
    changed = rate(run, zishu, adapter, user, 5)
    assert rating(run, zishu, adapter) == (1, Decimal("5.00"))
    key = {"adapter_id": adapter.id, "user_id": user.id}
    assert run(zishu.adapter_ratings.get, **key) == changed
    assert (changed.stars, changed.review) == (5, None)
    assert run(zishu.adapter_ratings.delete, **key) == 1
    assert run(zishu.adapter_ratings.delete, **key) == 0
    assert run(zishu.adapter_ratings.get, **key) is None
    assert rating(run, zishu, adapter) == (0, None)


def test_many_rate_at_once(zishu, on):
    """The average is that of all, though each rated twice."""
    adapter = add_adapter(on, zishu)
    users = [add_user(on, zishu, f"user{number}") for number in range(6)]

    def twice(number):
        rate(on, zishu, adapter, users[number], 1)
        rate(on, zishu, adapter, users[number], 1 + number % 5)

    at_once(6, twice)
    assert rating(on, zishu, adapter) == (6, Decimal("2.67"))


def test_words_change_without_the_stars(zishu, run, user, adapter):
    """Null takes them away."""
    rate(run, zishu, adapter, user, 4, "好")
    key = {"adapter_id": adapter.id, "user_id": user.id}
    changed = run(zishu.adapter_ratings.set_review, review="很好", **key)
    assert (changed.stars, changed.review) == (4, "很好")
    assert run(zishu.adapter_ratings.set_review, review=None, **key).review is None
    key["user_id"] = NOBODY
    assert run(zishu.adapter_ratings.set_review, review=None, **key) is None


def test_reviews_and_ratings_are_paged_newest_first(zishu, run):
    """Below an adapter those with words, for a person all."""
    users = [add_user(run, zishu, f"user{number}") for number in range(4)]
    adapters = [add_adapter(run, zishu, f"a{number}") for number in range(3)]
    for number, user in enumerate(users):
        rate(run, zishu, adapters[0], user, 3, "好" if number else None)
    for adapter in adapters[1:]:
        rate(run, zishu, adapter, users[0], 3)
    run.sql(
        "update zishu.adapter_ratings as ratings"
        " set created_at = now() + interval '1 minute' * ascii(right(username || slug, 1))"
        " + interval '1 minute' * ascii(right(username, 1))"
        " from zishu.users, zishu.adapters"
        " where users.id = ratings.user_id and adapters.id = ratings.adapter_id"
    )
    query, key = zishu.adapter_ratings.page, {"before_created_at": None, "before_user_id": None}
    first = run(query, adapter_id=adapters[0].id, limit=2, **key)
    key = {"before_created_at": first[-1].created_at, "before_user_id": first[-1].user_id}
    rest = run(query, adapter_id=adapters[0].id, limit=2, **key)
    assert [row.username for row in [*first, *rest]] == ["user3", "user2", "user1"]
    query = zishu.adapter_ratings.page_by_user
    key = {"before_created_at": None, "before_adapter_id": None}
    first = run(query, user_id=users[0].id, limit=2, **key)
    key = {"before_created_at": first[-1].created_at, "before_adapter_id": first[-1].adapter_id}
    rest = run(query, user_id=users[0].id, limit=2, **key)
    assert slugs([*first, *rest]) == ["a2", "a1", "a0"]


def test_stars_are_counted(zishu, run, adapter):
    """The most stars first; nothing where nobody rated."""
    assert run(zishu.adapter_ratings.count_by_stars, adapter_id=adapter.id) == []
    for number, stars in enumerate((5, 1, 5)):
        rate(run, zishu, adapter, add_user(run, zishu, f"user{number}"), stars)
    rows = run(zishu.adapter_ratings.count_by_stars, adapter_id=adapter.id)
    assert [(row.stars, row.ratings) for row in rows] == [(5, 2), (1, 1)]
