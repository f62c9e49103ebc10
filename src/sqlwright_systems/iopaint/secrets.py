"""Where iopaint holds ciphertext: phones and e-mail addresses of users, and secret settings."""

from __future__ import annotations

from sqlwright.hooks.rotation import Ciphertexts
from sqlwright_systems.iopaint import system_configs, users

__all__ = ["ciphertexts"]


def ciphertexts() -> list[Ciphertexts]:
    """What a change of key is to reach."""
    return [
        Ciphertexts(
            table="iopaint.users",
            columns=("phone", "email"),
            page=lambda conn, after, limit: users.page_encrypted(conn, after_id=after, limit=limit),
            replace=lambda conn, old, new: users.replace_encrypted(
                conn,
                id=old.id,
                old_phone=old.phone,
                phone=new.phone,
                old_email=old.email,
                email=new.email,
            ),
        ),
        Ciphertexts(
            table="iopaint.system_configs",
            columns=("config_value",),
            page=lambda conn, after, limit: system_configs.page_encrypted(
                conn, after_id=after, limit=limit
            ),
            replace=lambda conn, old, new: system_configs.replace_encrypted(
                conn,
                id=old.id,
                old_config_value=old.config_value,
                config_value=new.config_value,
            ),
        ),
    ]
