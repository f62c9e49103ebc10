"""What settings.py would say; it goes before the import of bench.django_models."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

__all__ = ["configure"]


def configure(url: str) -> None:
    """Lets Django use the database of this URL, from now on."""
    known = conninfo_to_dict(url)
    database: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": known["dbname"],
        "USER": known["user"],
        "HOST": known["host"],
        "PORT": known["port"],
        "CONN_MAX_AGE": None,
        # Its own default formats each statement on the client; so they are prepared, as elsewhere.
        "OPTIONS": {"server_side_binding": True, "prepare_threshold": 5},
    }
    if not settings.configured:
        settings.configure(DATABASES={"default": database}, USE_TZ=True)
        apps.populate(settings.INSTALLED_APPS)
        return
    connection.close()
    connection.settings_dict.update(database)
