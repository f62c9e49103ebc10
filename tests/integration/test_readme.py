"""The README and the pages of docs/: what they show is what is printed, and their links lead on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sessions import ROOT, replay

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", [page for page in PAGES if "\n$ " in page.read_text()], ids=_named)
def test_the_sessions_print_what_the_page_shows(page):
    """Every command of a page prints what the page says, apart from times, paths and sockets."""
    text = page.read_text(encoding="utf-8")
    assert replay(text) == text


@pytest.mark.parametrize("page", [*PAGES, *ROOT.glob("C*.md")], ids=_named)
def test_links_lead_somewhere(page):
    """Every link to a file of the repository finds it, and every anchor its heading."""
    for name, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        target = page.parent / name if name else page
        assert target.exists(), name
        assert not anchor or anchor in _anchors(target), f"{name}#{anchor}"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
