"""Files are removed below their storage folder and nowhere else, whatever a path says."""

from __future__ import annotations

import os
import threading
from contextlib import suppress

import pytest

from sqlwright.errors import ConfigError
from sqlwright.operations.files import RefusedPathError, open_folder, remove, settle


@pytest.fixture
def store(tmp_path):
    """A storage folder with a file, a folder of files, and links that lead out of it."""
    outside = tmp_path / "outside"
    (outside / "in").mkdir(parents=True)
    (outside / "kept.txt").write_text("kept")
    (outside / "in" / "kept.txt").write_text("kept")
    folder = tmp_path / "store"
    (folder / "a" / "b").mkdir(parents=True)
    for name in ("a/one.png", "a/b/two.png", "a/b/three.png"):
        (folder / name).write_text(name)
    (folder / "link").symlink_to(outside)
    (folder / "a" / "link.txt").symlink_to(outside / "kept.txt")
    (folder / "a" / "b" / "link").symlink_to(outside)
    return folder


@pytest.fixture
def root(store):
    """The storage folder, open."""
    with open_folder(store, variable="STORE") as opened:
        yield opened


def _files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_file_goes_once(store, root):
    """It is said whether it was there; so is a file in a folder that is not there."""
    assert remove(root, "a/one.png")
    assert not remove(root, "a/one.png")
    assert not remove(root, "gone/one.png")
    assert _files(store / "a") == ["b/three.png", "b/two.png", "link.txt"]


def test_an_absolute_path_below_the_folder_is_in_it(store, root):
    """Also where it is written so in the row; a namesake of the folder is not below it."""
    assert remove(root, f"{store}/a/one.png")
    with pytest.raises(RefusedPathError, match="it is absolute"):
        remove(root, f"{store}2/a/one.png")
    with pytest.raises(RefusedPathError, match="it is absolute"):
        remove(root, f"{store}//etc/passwd")


def test_a_folder_goes_with_what_is_in_it(store, root):
    """Links in it go as links: what they lead to stays."""
    assert remove(root, "a/b/", folders=True)
    assert not (store / "a" / "b").exists()
    assert _files(store.parent / "outside") == ["in/kept.txt", "kept.txt"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "it is not a plain path"),
        (".", "it is not a plain path"),
        ("/", "it is absolute, and not below the storage folder"),
        ("a//one.png", "it is not a plain path"),
        ("./a/one.png", "it is not a plain path"),
        ("..", "it leads upwards"),
        ("a/../../outside/kept.txt", "it leads upwards"),
        ("a/../a/one.png", "it leads upwards"),
        ("/etc/passwd", "it is absolute, and not below the storage folder"),
        ("a/one.png\0.txt", "it holds a NUL"),
        ("link/kept.txt", "link on the way is a link, or no folder"),
        ("link/in", "link on the way is a link, or no folder"),
        ("a/b/link/kept.txt", "link on the way is a link, or no folder"),
        ("a/one.png/x", "one.png on the way is a link, or no folder"),
        ("a/link.txt", "it is a link, or no file"),
        ("link", "it is a link, or no file"),
    ],
)
@pytest.mark.parametrize("folders", [False, True])
def test_what_leads_elsewhere_is_refused(store, root, path, reason, folders):
    """The reason is said, and nothing is touched."""
    before = _files(store.parent)
    with pytest.raises(RefusedPathError) as caught:
        remove(root, path, folders=folders)
    assert str(caught.value) == reason
    assert _files(store.parent) == before


def test_each_folder_is_settled_once(store, root, monkeypatch):
    """Where files were removed, and above where the folder is gone itself."""
    synced = []
    monkeypatch.setattr("os.fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    settle(root, ["a/one.png", "a/two.png", "a/gone/three.png", "a/b/", "four.png"])
    folders = [(store / name).stat().st_ino for name in ("", "a", "a")]
    assert synced == folders


def test_a_folder_is_no_file(store, root):
    """A path of a file never takes a folder away."""
    with pytest.raises(RefusedPathError, match="it is a link, or no file"):
        remove(root, "a")
    assert (store / "a" / "one.png").exists()


@pytest.mark.parametrize("path", ["a/b/kept.txt", "a/b"])
def test_a_folder_that_becomes_a_link_meanwhile_leads_nowhere(tmp_path, path):
    """Somebody swaps a folder on the way, or the folder itself, as fast as they can."""
    outside, store = tmp_path / "outside", tmp_path / "store"
    outside.mkdir()
    (store / "a" / "b").mkdir(parents=True)
    (store / "a" / "link").symlink_to(outside)
    (outside / "kept.txt").write_text("kept")
    ended = threading.Event()

    def swap():
        while not ended.is_set():
            with suppress(OSError):  # `b` may be gone
                (store / "a" / "b").rename(store / "a" / "c")
            with suppress(OSError):
                (store / "a" / "link").rename(store / "a" / "b")
                (store / "a" / "b").rename(store / "a" / "link")
            with suppress(OSError):
                (store / "a" / "c").rename(store / "a" / "b")

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        with open_folder(store, variable="STORE") as root:
            for _ in range(300):
                with suppress(RefusedPathError, OSError):
                    remove(root, path, folders=True)
    finally:
        ended.set()
        swapper.join()
    assert (outside / "kept.txt").read_text() == "kept"


def test_an_empty_storage_folder_is_refused(tmp_path):
    """A disk that is not mounted would else make every file seem removed."""
    with pytest.raises(ConfigError) as caught, open_folder(tmp_path, variable="STORE"):
        pass
    assert str(caught.value) == (
        f"STORE names {tmp_path}, which is empty, and rows name files in it.\n"
        "Is the disk mounted? If nothing is meant to be there, put any file into it."
    )


def test_a_storage_folder_that_is_not_there_is_refused(tmp_path):
    """The variable is named, and what it should hold."""
    with pytest.raises(ConfigError) as caught, open_folder(tmp_path / "x", variable="STORE"):
        pass
    assert str(caught.value) == (
        f"STORE names {tmp_path / 'x'}, which can't be opened: No such file or directory.\n"
        "Set it to the folder below which the system stores its files."
    )
