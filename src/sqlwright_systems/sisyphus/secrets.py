"""Where sisyphus holds ciphertext: the passwords of databases under test."""

from __future__ import annotations

from sqlwright.hooks.rotation import Ciphertexts
from sqlwright_systems.sisyphus import database_configs

__all__ = ["ciphertexts"]


def ciphertexts() -> list[Ciphertexts]:
    """What a change of key is to reach."""
    return [
        Ciphertexts(
            table="sisyphus.database_configs",
            columns=("password",),
            page=lambda conn, after, limit: database_configs.page_passwords(
                conn, after_id=after, limit=limit
            ),
            replace=lambda conn, old, new: database_configs.rotate_passwords(
                conn,
                ids=[old.id],
                old_passwords=[old.password],
                new_passwords=[new.password],
            ),
        )
    ]
