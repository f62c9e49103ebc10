"""The README and the pages of docs/: what they show is what is printed, and their links lead on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from sessions import BLOCK, COMMAND, ROOT, replay

CHINESE = ROOT / "README.zh-CN.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", [page for page in PAGES if "\n$ " in page.read_text()], ids=_named)
def test_the_sessions_print_what_the_page_shows(page):
    """Every command of a page prints what the page says, apart from times, paths and sockets."""
    text = page.read_text(encoding="utf-8")
    assert replay(text) == text


def test_the_chinese_page_shows_the_same():
    """What the README shows, and each command of its table, in Chinese too."""
    english, chinese = (page.read_text(encoding="utf-8") for page in (PAGES[0], CHINESE))
    assert BLOCK.search(chinese)[0] == BLOCK.search(english)[0]
    assert _commands(chinese) == _commands(english)


def _commands(text):
    """The commands of ours in each row of the first table."""
    table = text.partition("|---|---|\n")[2].partition("\n\n")[0]
    return [re.findall(r"`((?:sqlwright|make) [^`]*)`", row) for row in table.splitlines()]


@pytest.mark.parametrize("page", [CHINESE, *PAGES, *ROOT.glob("C*.md")], ids=_named)
def test_links_lead_somewhere(page):
    """Every link to a file of the repository finds it, and every anchor its heading."""
    for name, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        target = page.parent / name if name else page
        assert target.exists(), name
        assert not anchor or anchor in _anchors(target), f"{name}#{anchor}"


def test_the_jobs_shown_run_what_the_page_runs():
    """Each command of the workflows on the page about CI is one that its sessions have run."""
    blocks = list(BLOCK.finditer((ROOT / "docs/ci.md").read_text(encoding="utf-8")))
    run = {line for b in blocks if b[1] == "console" for line, _ in COMMAND.findall(b[3])}
    wanted = {
        line
        for block in blocks
        if block[1] == "yaml" and block[2]
        for job in _jobs(yaml.safe_load(block[3]))
        for line in job
        if not line.startswith("pip install ")
    }
    assert wanted
    assert wanted - run == set()


def _jobs(document):
    """The commands of each job, of a workflow of GitHub or a pipeline of GitLab."""
    jobs = document.get("jobs", document).values()
    for job in (job for job in jobs if isinstance(job, dict)):
        steps = [step["run"] for step in job.get("steps", ()) if "run" in step]
        yield [*steps, *job.get("script", ()), *job.get("before_script", ())]


def test_the_messages_explained_can_be_said():
    """Each message in the tables on trouble is printed on that page, or stands in the source."""
    page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    said = re.sub(r'"\s*\n\s*f?"', "", source)
    said += "".join(block[3] for block in BLOCK.finditer(page) if block[1] == "console")
    messages = re.findall(r"`([^`]+)`", " ".join(cells))
    parts = {part.strip() for message in messages for part in message.split("…")}
    assert {part for part in parts if part not in said} == set()


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
