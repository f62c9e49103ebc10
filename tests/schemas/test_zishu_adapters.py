"""The rules of the adapter market in schema zishu."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from callers import wait_until_blocked

CHECKSUM = "0" * 64


def add_user(db, name="author"):
    """Adds a user of that name, and gives the id."""
    return db.execute(
        "insert into zishu.users (username, email) values (%s, %s || '@example.com') returning id",
        [name, name],
    ).fetchone()[0]


def add_adapter(db, slug):
    """Adds a published adapter, and gives the id."""
    return db.execute(
        "insert into zishu.adapters (slug, name, kind, status)"
        " values (%s, %s, 'soft', 'published') returning id",
        [slug, slug],
    ).fetchone()[0]


def add_version(db, adapter, version="1.0.0"):
    """Adds a published version of an adapter, and gives the id."""
    return db.execute(
        "insert into zishu.adapter_versions"
        " (adapter_id, version, package_url, package_size, checksum, published_at)"
        " values (%s, %s, 'https://example.com/a.zip', 1, %s, now()) returning id",
        [adapter, version, CHECKSUM],
    ).fetchone()[0]


def need(db, version, adapter):
    """Makes the version depend on the adapter."""
    db.execute(
        "insert into zishu.adapter_dependencies (version_id, depends_on_id, minimum)"
        " values (%s, %s, '1.0.0')",
        [version, adapter],
    )


def rate(db, adapter, user, stars):
    """Rates the adapter, or changes the rating."""
    db.execute(
        "insert into zishu.adapter_ratings (adapter_id, user_id, stars) values (%s, %s, %s)"
        " on conflict (adapter_id, user_id) do update set stars = excluded.stars",
        [adapter, user, stars],
    )


def rating(db):
    """Count, sum and average of the only adapter, as it keeps them."""
    return db.execute(
        "select rating_count, rating_sum, rating_average::text from zishu.adapters"
    ).fetchone()


@pytest.fixture
def adapter(db):
    """The id of an adapter."""
    return add_adapter(db, "weather")


@pytest.fixture
def version(db, adapter):
    """The id of its version 1.0.0."""
    return add_version(db, adapter)


@pytest.fixture
def sessions(migrated):
    """Two connections in autocommit; what they leave in the market is removed."""
    with (
        psycopg.connect(migrated, autocommit=True) as one,
        psycopg.connect(migrated, autocommit=True) as two,
    ):
        yield one, two
        for table in ("adapter_versions", "adapters", "users"):
            one.execute(f"delete from zishu.{table}")


def test_categories_are_a_tree(db, refused):
    """A category can't become its own ancestor, has its name once, and keeps what is below it."""
    insert = (
        "insert into zishu.adapter_categories (parent_id, slug, name)"
        " values (%s, %s, %s) returning id"
    )
    root = db.execute(insert, [None, "tools", "工具"]).fetchone()[0]
    leaf = db.execute(insert, [root, "office", "办公"]).fetchone()[0]
    with refused("adapter_categories_is_a_tree"):
        db.execute("update zishu.adapter_categories set parent_id = %s where id = %s", [leaf, root])
    with refused("adapter_categories_parent_id_fkey"):
        db.execute("delete from zishu.adapter_categories where id = %s", [root])
    with refused("adapter_categories_parent_id_name_key"):
        db.execute(insert, [None, "tools-2", "工具"])
    with refused("adapter_categories_slug_key"):
        db.execute(insert, [root, "tools", "其他"])
    with refused("adapter_categories_slug_is_kebab_case"):
        db.execute(insert, [root, "Tools!", "其他"])


def test_an_adapter_outlives_author_and_category(db, adapter):
    """Others have installed it: without its author or category it stays."""
    category = db.execute(
        "insert into zishu.adapter_categories (slug, name) values ('tools', '工具') returning id"
    ).fetchone()[0]
    db.execute(
        "update zishu.adapters set author_id = %s, category_id = %s", [add_user(db), category]
    )
    db.execute("delete from zishu.users")
    db.execute("delete from zishu.adapter_categories")
    assert db.execute("select author_id, category_id from zishu.adapters").fetchone() == (
        None,
        None,
    )


def test_the_name_of_a_deleted_adapter_stays_taken(db, refused, adapter):
    """Nobody can publish under the name of what was deleted."""
    db.execute("update zishu.adapters set deleted_at = now()")
    with refused("adapters_slug_key"):
        add_adapter(db, "weather")


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("slug", "Weather", "adapters_slug_is_kebab_case"),
        ("name", " ", "adapters_name_is_not_blank"),
        ("kind", "wet", "adapters_kind_is_known"),
        ("tags", list("abcdefghijklmnopqrstu"), "adapters_tags_are_few"),
        ("status", "lost", "adapters_status_is_known"),
        ("download_count", -1, "adapters_counts_are_possible"),
        ("rating_sum", 1, "adapters_counts_are_possible"),
    ],
)
def test_an_adapter_refuses_nonsense(db, refused, adapter, column, value, constraint):
    """Each rule of an adapter is held by the constraint that says it."""
    with refused(constraint):
        db.execute(f"update zishu.adapters set {column} = %s", [value])


@pytest.mark.parametrize(
    ("version", "number"),
    [
        ("1.4.0", [1, 4, 0]),
        ("1.10.0-beta.1", [1, 10, 0]),
        ("0.0.0", [0, 0, 0]),
        ("1.4", None),
        ("01.4.0", None),
        ("1.4.0-", None),
        ("v1.4.0", None),
        ("1.4.0\n", None),
        ("1.4.9999999999", None),
    ],
)
def test_a_version_is_read_in_parts(db, version, number):
    """A semantic version gives its three numbers, anything else null."""
    assert db.execute("select zishu.version_number(%s)", [version]).fetchone() == (number,)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("version = '1.x'", "adapter_versions_version_is_semantic"),
        ("manifest = '[]'", "adapter_versions_manifest_is_an_object"),
        ("package_size = -1", "adapter_versions_package_size_is_not_negative"),
        ("checksum = 'md5'", "adapter_versions_checksum_is_a_hash"),
        ("published_at = now()", "adapter_versions_published_has_a_package"),
        ("yanked_at = now()", "adapter_versions_yanked_was_published"),
        ("is_latest = true", "adapter_versions_latest_can_be_installed"),
    ],
)
def test_a_draft_refuses_nonsense(db, refused, adapter, change, constraint):
    """Each rule of a version is held by the constraint that says it."""
    db.execute(
        "insert into zishu.adapter_versions (adapter_id, version) values (%s, '1.0.0')", [adapter]
    )
    with refused(constraint):
        db.execute(f"update zishu.adapter_versions set {change}")


def test_a_version_is_there_once(db, refused, adapter, version):
    """An adapter can't have two packages under one version."""
    with refused("adapter_versions_adapter_id_version_key"):
        add_version(db, adapter, "1.0.0")


def test_one_version_is_the_latest(db, refused, adapter, version):
    """A second latest is refused until the first gave way, and a yanked one is none."""
    db.execute("update zishu.adapter_versions set is_latest = true")
    second = add_version(db, adapter, "2.0.0")
    with refused("adapter_versions_latest_key"):
        db.execute("update zishu.adapter_versions set is_latest = true where id = %s", [second])
    with refused("adapter_versions_latest_can_be_installed"):
        db.execute("update zishu.adapter_versions set yanked_at = now() where id = %s", [version])
    db.execute("update zishu.adapter_versions set is_latest = id = %s where is_latest", [second])
    db.execute("update zishu.adapter_versions set is_latest = true where id = %s", [second])


@pytest.mark.parametrize(
    "change",
    [
        "version = '1.0.1'",
        """manifest = '{"entry": "other.py"}'""",
        "package_url = 'https://example.com/b.zip'",
        "package_size = 2",
        f"checksum = '{'1' * 64}'",
        "published_at = null",
    ],
)
def test_what_is_published_stays(db, refused, version, change):
    """A published package can't be changed under its users; it can be yanked and explained."""
    with refused("adapter_versions_stay_as_published"):
        db.execute(f"update zishu.adapter_versions set {change}")
    db.execute("update zishu.adapter_versions set yanked_at = now(), changelog = '有漏洞'")


def test_a_version_stays_with_its_adapter(db, refused, version):
    """A version can't be moved to another adapter, and its dependencies with it."""
    other = add_adapter(db, "other")
    with refused("adapter_versions_stay_with_their_adapter"):
        db.execute("update zishu.adapter_versions set adapter_id = %s", [other])


@pytest.mark.parametrize(
    ("minimum", "below", "constraint"),
    [
        ("1.x", None, "adapter_dependencies_minimum_is_a_version"),
        ("1.0.0", "2", "adapter_dependencies_below_is_a_version"),
        ("1.10.0", "1.9.0", "adapter_dependencies_range_is_not_empty"),
        ("1.0.0", "1.0.0", "adapter_dependencies_range_is_not_empty"),
    ],
)
def test_a_dependency_has_a_range(db, refused, version, minimum, below, constraint):
    """A range is of versions and holds at least one."""
    need(db, version, add_adapter(db, "base"))
    db.execute("update zishu.adapter_dependencies set minimum = '1.9.0', below = '1.10.0'")
    with refused(constraint):
        db.execute(
            "update zishu.adapter_dependencies set minimum = %s, below = %s", [minimum, below]
        )


def test_dependencies_have_no_circle(db, refused):
    """Neither itself, nor through two others, over whatever versions; a diamond is no circle."""
    ids = {slug: add_adapter(db, slug) for slug in "abcd"}
    versions = {slug: add_version(db, ids[slug]) for slug in "abcd"}
    for dependent, needed in ["ab", "ac", "bd", "cd"]:
        need(db, versions[dependent], ids[needed])
    with refused("adapter_dependencies_have_no_circle"):
        need(db, versions["a"], ids["a"])
    with refused("adapter_dependencies_have_no_circle"):
        need(db, versions["d"], ids["a"])
    with refused("adapter_dependencies_have_no_circle"):
        need(db, add_version(db, ids["d"], "2.0.0"), ids["b"])
    with refused("adapter_dependencies_have_no_circle"):
        db.execute(
            "update zishu.adapter_dependencies set depends_on_id = %s"
            " where version_id = %s and depends_on_id = %s",
            [ids["a"], versions["b"], ids["d"]],
        )


def test_one_statement_closes_no_circle(db, refused):
    """Two rows of one insert that need each other are refused."""
    ids = [add_adapter(db, slug) for slug in "ab"]
    versions = [add_version(db, adapter) for adapter in ids]
    with refused("adapter_dependencies_have_no_circle"):
        db.execute(
            "insert into zishu.adapter_dependencies (version_id, depends_on_id, minimum)"
            " values (%s, %s, '1.0.0'), (%s, %s, '1.0.0')",
            [versions[0], ids[1], versions[1], ids[0]],
        )


def test_two_sessions_close_no_circle(sessions):
    """Of two that close a circle together, the second waits for the first and is refused."""
    one, two = sessions
    ids = [add_adapter(one, slug) for slug in "ab"]
    versions = [add_version(one, adapter) for adapter in ids]
    with ThreadPoolExecutor() as pool:
        with one.transaction():
            need(one, versions[0], ids[1])
            late = pool.submit(need, two, versions[1], ids[0])
            wait_until_blocked(one, two.info.backend_pid)
        with pytest.raises(psycopg.errors.CheckViolation) as caught:
            late.result()
    assert caught.value.diag.constraint_name == "adapter_dependencies_have_no_circle"


def test_what_others_need_stays(db, refused, version):
    """An adapter that another needs can't be deleted for good; one that needs can."""
    base = add_adapter(db, "base")
    need(db, version, base)
    with refused("adapter_dependencies_depends_on_id_fkey"):
        db.execute("delete from zishu.adapters where id = %s", [base])
    db.execute("delete from zishu.adapters where id <> %s", [base])
    assert db.execute("select count(*) from zishu.adapter_dependencies").fetchone() == (0,)


def test_downloads_are_counted(db, adapter, version):
    """Each row of a statement counts for its adapter, and old rows go without being subtracted."""
    other = add_adapter(db, "other")
    versions = [version, add_version(db, adapter, "1.1.0"), add_version(db, other)]
    db.execute(
        "insert into zishu.adapter_downloads (version_id) select unnest(%s::uuid[])", [versions]
    )
    db.execute("delete from zishu.adapter_downloads")
    counts = dict(db.execute("select slug, download_count from zishu.adapters").fetchall())
    assert counts == {"weather": 2, "other": 1}


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("source", "dream", "adapter_downloads_source_is_known"),
        ("platform", "dos", "adapter_downloads_platform_is_known"),
    ],
)
def test_a_download_refuses_nonsense(db, refused, version, column, value, constraint):
    """Each rule of a download is held by the constraint that says it."""
    db.execute("insert into zishu.adapter_downloads (version_id) values (%s)", [version])
    with refused(constraint):
        db.execute(f"update zishu.adapter_downloads set {column} = %s", [value])


def test_a_download_outlives_the_account(db, version):
    """The log keeps a download whose person is gone."""
    db.execute(
        "insert into zishu.adapter_downloads (version_id, user_id) values (%s, %s)",
        [version, add_user(db)],
    )
    db.execute("delete from zishu.users")
    assert db.execute("select user_id from zishu.adapter_downloads").fetchall() == [(None,)]


def test_ratings_are_averaged(db, adapter):
    """Count, sum and average follow every rating, change, withdrawal and deleted account."""
    first, second, third = (add_user(db, name) for name in ("first", "second", "third"))
    assert rating(db) == (0, 0, None)
    rate(db, adapter, first, 5)
    rate(db, adapter, second, 4)
    rate(db, adapter, third, 4)
    assert rating(db) == (3, 13, "4.33")
    rate(db, adapter, third, 1)
    assert rating(db) == (3, 10, "3.33")
    db.execute("delete from zishu.adapter_ratings where user_id = %s", [third])
    assert rating(db) == (2, 9, "4.50")
    db.execute("delete from zishu.users where id = %s", [first])
    assert rating(db) == (1, 4, "4.00")
    db.execute("delete from zishu.adapters")


@pytest.mark.parametrize(
    ("write", "left"),
    [
        ("update zishu.adapter_ratings set stars = 6 - stars", (4, 10, "2.50")),
        ("update zishu.adapter_ratings set review = 'good'", (4, 14, "3.50")),
        ("update zishu.adapter_ratings set stars = 1 where false", (4, 14, "3.50")),
        ("delete from zishu.adapter_ratings where stars > 3", (2, 5, "2.50")),
        ("delete from zishu.users where username <> 'two'", (1, 2, "2.00")),
        (
            (
                "insert into zishu.adapter_ratings (adapter_id, user_id, stars)"
                " select adapters.id, users.id, 1 from zishu.adapters cross join zishu.users"
                " on conflict (adapter_id, user_id) do update set stars = excluded.stars"
            ),
            (5, 5, "1.00"),
        ),
    ],
)
def test_many_ratings_in_one_statement_are_counted(db, adapter, write, left):
    """Ratings that come, change or go together are counted each."""
    add_user(db, "nobody")
    db.execute(
        "insert into zishu.users (username, email)"
        " select name, name || '@example.com' from unnest(array['two', 'three', 'four', 'five'])"
        " as name"
    )
    db.execute(
        "insert into zishu.adapter_ratings (adapter_id, user_id, stars)"
        " select %s, users.id, place + 1"
        " from unnest(array['two', 'three', 'four', 'five']) with ordinality as n (name, place)"
        " join zishu.users on username = name",
        [adapter],
    )
    assert rating(db) == (4, 14, "3.50")
    db.execute(write)
    assert rating(db) == left


@pytest.mark.parametrize("stars", [0, 6])
def test_stars_are_one_to_five(db, refused, adapter, stars):
    """No stars, or six, are refused, and leave the sum alone."""
    with refused("adapter_ratings_stars_are_one_to_five"):
        rate(db, adapter, add_user(db), stars)
    assert rating(db) == (0, 0, None)


def test_a_person_rates_once(db, refused, adapter):
    """A second rating is refused unless it replaces the first, and can't move elsewhere."""
    user = add_user(db)
    rate(db, adapter, user, 5)
    with refused("adapter_ratings_pkey"):
        db.execute(
            "insert into zishu.adapter_ratings (adapter_id, user_id, stars) values (%s, %s, 1)",
            [adapter, user],
        )
    assert rating(db) == (1, 5, "5.00")
    with refused("adapter_ratings_stay_with_their_adapter"):
        db.execute("update zishu.adapter_ratings set adapter_id = %s", [add_adapter(db, "other")])


def test_two_sessions_rate_at_once(sessions):
    """Neither of two ratings at the same time is lost."""
    one, two = sessions
    adapter = add_adapter(one, "weather")
    users = [add_user(one, name) for name in ("first", "second")]
    with ThreadPoolExecutor() as pool:
        with one.transaction():
            rate(one, adapter, users[0], 5)
            late = pool.submit(rate, two, adapter, users[1], 2)
            wait_until_blocked(one, two.info.backend_pid)
        late.result()
    assert rating(one) == (2, 7, "3.50")


def test_a_download_or_rating_is_no_change_of_the_adapter(db, version, adapter):
    """updated_at says when the author changed something, not when somebody downloaded."""
    old = "2000-01-01 00:00:00+00"
    db.execute("alter table zishu.adapters disable trigger adapters_set_updated_at")
    db.execute("update zishu.adapters set updated_at = %s", [old])
    db.execute("alter table zishu.adapters enable trigger adapters_set_updated_at")
    db.execute("insert into zishu.adapter_downloads (version_id) values (%s)", [version])
    rate(db, adapter, add_user(db), 5)
    unchanged = "select updated_at = %s from zishu.adapters"
    assert db.execute(unchanged, [old]).fetchone() == (True,)
    db.execute("update zishu.adapters set name = '天气'")
    assert db.execute("select updated_at = now() from zishu.adapters").fetchone() == (True,)


@pytest.mark.parametrize(
    ("index", "condition"),
    [
        (
            "adapters_search_gin",
            "common.search_terms(name || ' ' || description) @@ common.search_query('天气')",
        ),
        ("adapters_tags_gin", "tags @> array['生活']"),
    ],
)
def test_the_market_is_searched_by_index(db, index, condition):
    """A Chinese word or a tag finds one of five hundred without a scan, and no draft."""
    db.execute(
        "insert into zishu.adapters (slug, name, description, kind, status, tags)"
        " select 'a' || n, '适配器', case when n < 3 then '查询今天的天气' else '' end, 'soft',"
        " case n when 1 then 'draft' else 'published' end,"
        " case when n < 3 then array['生活'] else array['工作'] end"
        " from generate_series(1, 500) as n"
    )
    db.execute("analyze zishu.adapters")
    db.execute("set local enable_seqscan = off")
    query = (
        "select slug from zishu.adapters"
        f" where status = 'published' and deleted_at is null and {condition}"
    )
    assert db.execute(query).fetchall() == [("a2",)]
    assert any(index in line for (line,) in db.execute(f"explain {query}").fetchall())


@pytest.mark.parametrize(
    "table", ["adapter_categories", "adapter_versions", "adapter_dependencies", "adapter_ratings"]
)
def test_updated_at_follows_every_update(db, adapter, version, table):
    """An update sets updated_at to the transaction's time, whatever the statement says."""
    db.execute("insert into zishu.adapter_categories (slug, name) values ('tools', '工具')")
    need(db, version, add_adapter(db, "base"))
    rate(db, adapter, add_user(db), 5)
    db.execute(f"update zishu.{table} set updated_at = '2000-01-01'")
    assert db.execute(f"select updated_at = now() from zishu.{table}").fetchone() == (True,)
