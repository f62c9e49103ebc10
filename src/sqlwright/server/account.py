"""The account that runs the server: the user's own or, for root, an unprivileged one.

PostgreSQL refuses to run as root. Root therefore starts it as the account `postgres` where there is
one, else as `nobody`; that account must be able to reach the programs and the data.
"""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlwright.errors import ServerError

__all__ = ["Account", "account_for", "account_name", "first_closed", "run_as"]

_UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who runs the server; `borrowed` if root lends it an account that is not root's own."""

    name: str
    uid: int
    gid: int
    borrowed: bool


def account_for(data: Path) -> Account:
    """The account that runs the server of this data folder.

    A data folder that exists keeps its owner: PostgreSQL insists on it, and an account `postgres`
    may have come to the machine later.

    Raises:
        ServerError: the folder belongs to somebody whose server this process can't be.
    """
    mine = os.geteuid()
    try:
        owner = data.stat()
    except OSError:  # not there yet; or out of reach, which reading it explains
        return _unprivileged() if mine == 0 else _account(mine, os.getegid(), borrowed=False)
    if owner.st_uid == 0 or mine not in {0, owner.st_uid}:
        raise ServerError(
            f"{data} belongs to {account_name(owner.st_uid)}, but its server would run as "
            f"{account_name(mine) if mine else _unprivileged().name}.",
            hint="Give it back to the account that made it, or move it away: a new one is made "
            "at the next start.",
        )
    return _account(owner.st_uid, owner.st_gid, borrowed=mine == 0)


def _unprivileged() -> Account:
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid, borrowed=True)
    raise ServerError(
        "PostgreSQL refuses to run as root, and there is no account 'postgres' or 'nobody'.",
        hint="Make one (useradd --system postgres), or run the command as an ordinary user.",
    )


def _account(uid: int, gid: int, *, borrowed: bool) -> Account:
    return Account(name=account_name(uid), uid=uid, gid=gid, borrowed=borrowed)


def account_name(uid: int) -> str:
    """The account's name; its number where the passwd has no entry for it."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def run_as(account: Account) -> dict[str, Any]:
    """What `subprocess` needs to run a program as the account."""
    if not account.borrowed:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def first_closed(path: Path, account: Account) -> Path | None:
    """The first folder on the way to `path` that a borrowed account can't enter, or None.

    Told by owner, group and mode, so that nothing has to be started to find out.
    """
    if not account.borrowed:
        return None
    resolved = path.resolve()
    for step in (*reversed(resolved.parents), resolved):
        if step.exists() and not _may_enter(step, account):
            return step
    return None


def _may_enter(path: Path, account: Account) -> bool:
    """Whether the account may enter a folder, or run a program."""
    info = path.stat()
    if info.st_uid == account.uid:
        return bool(info.st_mode & 0o100)
    if info.st_gid == account.gid:
        return bool(info.st_mode & 0o010)
    return bool(info.st_mode & 0o001)
