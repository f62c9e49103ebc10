"""Folders and interfaces of schema sisyphus: a tree, its order, and what is found in it."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from sisyphus_rows import Sisyphus, ids, pages

PLACES = {"after_sort_order": "sort_order", "after_id": "id"}
FIRST = {"before_created_at": None, "before_id": None, "limit": 9}


@pytest.fixture
def sisyphus(systems, run):
    """The queries of the schema."""
    return Sisyphus(systems.sisyphus, run)


@pytest.fixture
def tree(sisyphus):
    """Folders by name: a and d at the top, b and c in a, e in b."""
    folders = {}
    for name, parent in [("a", None), ("b", "a"), ("c", "a"), ("d", None), ("e", "b")]:
        parent_id = folders[parent].id if parent else None
        folders[name] = sisyphus.make("interface_folders", name=name, parent_id=parent_id)
    return folders


def drawn(sisyphus, project_id):
    """The tree of a project: each folder's name, indented by its depth, with its interfaces."""
    rows = sisyphus.interface_folders.get_tree(project_id=project_id)
    return ["-" * row.depth + row.name + str(row.interface_count) for row in rows]


def test_a_tree_is_read_from_the_top(sisyphus, tree):
    """Each folder comes before what is below it, with what is directly in it counted."""
    sisyphus.make_many("interfaces", 2, folder_id=tree["b"].id)
    sisyphus.make("interfaces")
    assert drawn(sisyphus, tree["a"].project_id) == ["a0", "-b2", "--e0", "-c0", "d0"]
    assert sisyphus.interface_folders.get_tree(project_id=uuid4()) == []


def test_a_path_leads_from_the_top_to_the_folder(sisyphus, tree):
    """An unknown folder has none."""
    path = sisyphus.interface_folders.get_path(id=tree["e"].id)
    assert [row.name for row in path] == ["a", "b", "e"]
    assert sisyphus.interface_folders.get_path(id=uuid4()) == []


def test_a_new_folder_stands_behind_its_siblings(sisyphus, tree):
    """Each parent, and the top of each project, counts for itself."""
    orders = {name: folder.sort_order for name, folder in tree.items()}
    assert orders == {"a": 0, "b": 0, "c": 1, "d": 1, "e": 0}
    other = sisyphus.make("projects")
    assert sisyphus.make("interface_folders", project_id=other.id).sort_order == 0


@pytest.mark.parametrize("table", ["interface_folders", "interfaces"])
@pytest.mark.parametrize("where", ["folder", "top"])
def test_pages_of_one_place_hold_every_row_once(sisyphus, table, where):
    """In their order, also where several share a place, and without those of other places."""
    column = "parent_id" if table == "interface_folders" else "folder_id"
    folder = sisyphus.make("interface_folders")
    place = {column: folder.id if where == "folder" else None}
    rows = sisyphus.make_many(table, 5, **place)
    sisyphus.make(table, **(place | {column: None if where == "folder" else folder.id}))
    sisyphus.sql(f"update sisyphus.{table} set sort_order = 1 where id = %s", rows[0].id)
    queries = getattr(sisyphus, table)
    if where == "top":
        page, of = queries.page_top, {"project_id": folder.project_id}
    else:
        page = queries.page_folder if table == "interfaces" else queries.page
        of = place
    read = [row for page in pages(page, PLACES, **of) for row in page]
    mine = [row for row in read if row.id != folder.id]
    rows[0] = rows[0]._replace(sort_order=1)
    assert mine == sorted(rows, key=lambda row: (row.sort_order, row.id))
    assert page(**dict.fromkeys(of, uuid4()), **dict.fromkeys(PLACES), limit=2) == []


def test_a_folder_is_renamed(sisyphus, tree):
    """Nothing but its name changes."""
    folders, a = sisyphus.interface_folders, tree["a"]
    assert folders.rename(id=a.id, name="登录") == a._replace(name="登录") == folders.get(id=a.id)
    assert folders.rename(id=uuid4(), name="登录") is None


@pytest.mark.parametrize(
    ("folder", "parent", "after"),
    [
        ("b", "d", ["a0", "-c0", "d0", "-b0", "--e0"]),
        ("b", None, ["a0", "-c0", "d0", "b0", "-e0"]),
        ("d", "a", ["a0", "-b0", "--e0", "-c0", "-d0"]),
        ("c", "e", ["a0", "-b0", "--e0", "---c0", "d0"]),
    ],
)
def test_a_folder_moves_behind_its_new_siblings(sisyphus, tree, folder, parent, after):
    """What is below it comes along."""
    parent_id = tree[parent].id if parent else None
    moved = sisyphus.interface_folders.move(id=tree[folder].id, parent_id=parent_id)
    assert moved.parent_id == parent_id
    assert drawn(sisyphus, tree["a"].project_id) == after


def test_a_folder_moves_nowhere_below_itself(sisyphus, tree):
    """The tree would be a loop."""
    with pytest.raises(psycopg.errors.CheckViolation, match="an ancestor of itself"):
        sisyphus.interface_folders.move(id=tree["a"].id, parent_id=tree["e"].id)


def test_an_unknown_folder_does_not_move(sisyphus, tree):
    """Nothing is given back."""
    other = sisyphus.make("projects")
    assert sisyphus.interface_folders.move(id=uuid4(), parent_id=tree["a"].id) is None
    assert sisyphus.interface_folders.move_to_project(id=uuid4(), project_id=other.id) is None


def test_a_folder_takes_all_below_it_to_another_project(sisyphus, tree):
    """Folders and interfaces, to the end of the other project's top."""
    interface = sisyphus.make("interfaces", folder_id=tree["e"].id)
    other = sisyphus.make("projects")
    sisyphus.make("interface_folders", project_id=other.id, name="x")
    moved = sisyphus.interface_folders.move_to_project(id=tree["b"].id, project_id=other.id)
    assert (moved.project_id, moved.parent_id, moved.sort_order) == (other.id, None, 1)
    assert drawn(sisyphus, other.id) == ["x0", "b0", "-e1"]
    assert sisyphus.interfaces.get(id=interface.id).project_id == other.id


@pytest.mark.parametrize("table", ["interface_folders", "interfaces"])
def test_rows_are_put_in_the_order_of_their_ids(sisyphus, table):
    """Those of another project, and ids that no row has, count for nothing."""
    rows = sisyphus.make_many(table, 3)
    stranger = sisyphus.make(table, project_id=sisyphus.make("projects").id)
    wanted = [rows[2].id, stranger.id, uuid4(), rows[0].id, rows[1].id]
    queries = getattr(sisyphus, table)
    assert queries.reorder(project_id=rows[0].project_id, ids=wanted) == 3
    assert [queries.get(id=row.id).sort_order for row in rows] == [3, 4, 0]
    assert queries.get(id=stranger.id) == stranger
    assert queries.reorder(project_id=rows[0].project_id, ids=[]) == 0


def test_what_was_in_a_deleted_folder_goes_to_the_top(sisyphus, tree):
    """Neither folders nor interfaces are lost."""
    interface = sisyphus.make("interfaces", folder_id=tree["a"].id)
    assert sisyphus.interface_folders.delete(id=tree["a"].id) == 1
    assert sorted(drawn(sisyphus, interface.project_id)) == ["-e0", "b0", "c0", "d0"]
    assert sisyphus.interfaces.get(id=interface.id).folder_id is None


def test_a_folder_is_deleted_with_all_below_it(sisyphus, tree):
    """What is beside it stays; an unknown folder takes nothing along."""
    sisyphus.make_many("interfaces", 2, folder_id=tree["e"].id)
    kept = sisyphus.make("interfaces", folder_id=tree["c"].id)
    folders = sisyphus.interface_folders
    assert folders.delete_with_contents(id=tree["b"].id) == (2, 2)
    assert drawn(sisyphus, kept.project_id) == ["a0", "-c1", "d0"]
    assert sisyphus.sql("select id from sisyphus.interfaces") == [(kept.id,)]
    assert folders.delete_with_contents(id=tree["b"].id) == (0, 0)


def test_an_interface_keeps_what_it_sends_and_asserts(sisyphus):
    """JSON comes back as it was given."""
    sent = {
        "headers": {"Content-Type": "application/json"},
        "body": [1, {"密码": None}],
        "assertions": [{"type": "json", "expression": "$.code", "expected_value": 0}],
    }
    json = {name: Jsonb(value) for name, value in sent.items()}
    made = sisyphus.make("interfaces", **json)
    assert {name: getattr(made, name) for name in sent} == sent
    form = {"name": "登录", "method": "PATCH", "url": "/", **json, "body": None}
    saved = sisyphus.interfaces.update(id=made.id, **form)
    assert (saved.headers, saved.body, saved.method) == (sent["headers"], None, "PATCH")


def test_a_copy_stands_behind_the_original(sisyphus):
    """It is the same request under another name; an unknown interface has no copy."""
    made = sisyphus.make("interfaces", headers=Jsonb({"a": "b"}), url="/x")
    copy = sisyphus.interfaces.copy(id=made.id, name="副本")
    assert copy == made._replace(id=copy.id, name="副本", sort_order=1)
    assert copy.id != made.id
    assert sisyphus.interfaces.copy(id=uuid4(), name="副本") is None


def test_a_copy_stays_in_the_folder(sisyphus):
    """Behind those that are there."""
    folder = sisyphus.make("interface_folders")
    made, _ = sisyphus.make_many("interfaces", 2, folder_id=folder.id)
    copy = sisyphus.interfaces.copy(id=made.id, name="副本")
    assert (copy.folder_id, copy.sort_order) == (folder.id, 2)


def test_an_interface_moves_behind_those_of_its_new_folder(sisyphus):
    """And from there to the end of the top."""
    folder = sisyphus.make("interface_folders")
    sisyphus.make_many("interfaces", 2, folder_id=folder.id)
    made, _ = sisyphus.make_many("interfaces", 2)
    moved = sisyphus.interfaces.move(id=made.id, folder_id=folder.id)
    assert moved == made._replace(folder_id=folder.id, sort_order=2)
    assert sisyphus.interfaces.move(id=made.id, folder_id=None).sort_order == 2
    assert sisyphus.interfaces.move(id=uuid4(), folder_id=None) is None


def test_interfaces_of_one_method_are_paged(sisyphus):
    """Those of others are left out."""
    sisyphus.make("interfaces", method="GET")
    made = sisyphus.make("interfaces", method="DELETE")
    page = sisyphus.interfaces.page
    assert page(project_id=made.project_id, method="DELETE", **FIRST) == [made]
    assert page(project_id=made.project_id, method="PUT", **FIRST) == []


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("登录", ["用户登录"]),
        ("/API", ["用户登录", "注册"]),
        ("/v1/r", ["注册"]),
        ("%", []),
        ("登陆", []),
    ],
)
def test_interfaces_are_searched_by_part_of_name_or_address(sisyphus, term, found):
    """In either case, within the project."""
    made = sisyphus.make("interfaces", name="用户登录", url="/api/v1/login")
    sisyphus.make("interfaces", name="注册", url="/api/v1/register")
    sisyphus.make("interfaces", name="用户登录", project_id=sisyphus.make("projects").id)
    rows = sisyphus.interfaces.search(project_id=made.project_id, term=term, limit=9)
    assert sorted(row.name for row in rows) == sorted(found)


JSON = {"Content-Type": "application/json"}
TOKEN = {"Authorization": "Bearer {{token}}"}


@pytest.mark.parametrize(
    ("query", "given", "found"),
    [
        ("find_by_headers", {"headers": Jsonb(JSON)}, ["both", "json"]),
        ("find_by_headers", {"headers": Jsonb(JSON | TOKEN)}, ["both"]),
        ("find_by_headers", {"headers": Jsonb({"Content-Type": "text/html"})}, []),
        ("find_by_header_names", {"names": ["Content-Type"]}, ["both", "json"]),
        ("find_by_header_names", {"names": ["Content-Type", "Authorization"]}, ["both"]),
        ("find_by_header_names", {"names": ["Accept"]}, []),
        ("find_by_assertions", {"assertions": Jsonb([{"type": "json"}])}, ["json"]),
        (
            "find_by_assertions",
            {"assertions": Jsonb([{"type": "status_code", "expected_value": 200}])},
            ["both", "json"],
        ),
        ("find_by_assertions", {"assertions": Jsonb([{"expected_value": 404}])}, []),
    ],
)
def test_interfaces_are_found_by_their_json(sisyphus, query, given, found):
    """All that is asked for must be there; other projects and other pages are left out."""
    status = {"type": "status_code", "expected_value": 200}
    both = sisyphus.make(
        "interfaces", name="both", headers=Jsonb(JSON | TOKEN), assertions=Jsonb([status])
    )
    code = {"type": "json", "expression": "$.code", "expected_value": 0}
    rest = {"headers": Jsonb(JSON), "assertions": Jsonb([status, code])}
    sisyphus.make("interfaces", name="json", **rest)
    sisyphus.make("interfaces", name="none")
    sisyphus.make("interfaces", name="other", project_id=sisyphus.make("projects").id, **rest)
    find = getattr(sisyphus.interfaces, query)
    ends = {"before_created_at": "created_at", "before_id": "id"}
    read = [row for page in pages(find, ends, project_id=both.project_id, **given) for row in page]
    assert sorted(row.name for row in read) == found
    assert ids(read) == sorted(ids(read), reverse=True)
