"""The snapshot leaves nothing out: each column of each catalogue is read, or has a reason here."""

from __future__ import annotations

import os
import re
from fnmatch import fnmatchcase
from pathlib import Path

import psycopg
import pytest

import sqlwright.catalog
from conftest import BINARIES, ROOT
from sqlwright.catalog import Snapshot, read_snapshot
from sqlwright.config import Project
from sqlwright.migrations import migrate
from sqlwright.server import temporary_server
from sqlwright.urls import local_url

SQL = Path(sqlwright.catalog.__file__).parent / "sql"
COLUMNS = """
    select relname, attname
    from pg_class
    join pg_attribute on attrelid = pg_class.oid
    where relnamespace = 'pg_catalog'::regnamespace
        and relkind = 'r'
        and attnum > 0
        and not attisdropped
        and attname <> 'oid'
"""
REASONS = {
    "rows, and what is estimated of them": """
        pg_statistic.* pg_statistic_ext_data.* pg_largeobject.* pg_largeobject_metadata.*
        pg_attribute.attmissingval pg_attribute.atthasmissing pg_class.reltuples pg_class.relpages
        pg_class.relallvisible pg_class.relallfrozen pg_class.relfrozenxid pg_class.relminmxid
        pg_database.datfrozenxid pg_database.datminmxid
    """,
    "belongs to the server, not to a database": """
        pg_tablespace.* pg_parameter_acl.* pg_replication_origin.* pg_shdepend.*
        pg_class.relisshared
    """,
    "what extensions and initdb granted, not a person": """
        pg_init_privs.* pg_extension.extrelocatable pg_extension.extconfig
        pg_extension.extcondition
    """,
    "kept by the server for itself": """
        pg_class.relfilenode pg_class.relrewrite pg_class.relhasindex
        pg_class.relhasrules pg_class.relhastriggers pg_class.relhassubclass pg_class.relnatts
        pg_class.relchecks pg_attribute.attcacheoff pg_attribute.atthasdef pg_attribute.attndims
        pg_index.indcheckxmin pg_index.indnatts pg_index.indnkeyatts pg_language.lanispl
        pg_database.dathasloginevt pg_subscription_rel.* pg_subscription.subskiplsn
        pg_type.typndims pg_type.typdefaultbin pg_rewrite.ev_type
    """,
    "copied from the column's type": """
        pg_attribute.attlen pg_attribute.attbyval pg_attribute.attalign
    """,
    "said when a database is made, and the same in a scratch database": """
        pg_database.datlocprovider pg_database.datcollate pg_database.datctype
        pg_database.daticulocale pg_database.datlocale pg_database.daticurules
    """,
    "the machine's: PostgreSQL itself warns of it": """
        pg_database.datcollversion pg_collation.collversion
    """,
    "a secret": "pg_authid.rolpassword pg_subscription.subconninfo",
    "in the object's own name": """
        pg_collation.collname pg_operator.oprname pg_operator.oprkind pg_operator.oprleft
        pg_operator.oprright pg_proc.proname pg_ts_config.cfgname pg_ts_dict.dictname
        pg_user_mapping.umserver pg_amop.amopmethod
    """,
    "in the operator that is listed, or whether it is for order by": """
        pg_amop.amoplefttype pg_amop.amoprighttype pg_amop.amoppurpose
    """,
    "in pg_get_constraintdef": """
        pg_constraint.confrelid pg_constraint.confupdtype pg_constraint.confdeltype
        pg_constraint.confmatchtype pg_constraint.confkey pg_constraint.conpfeqop
        pg_constraint.conppeqop pg_constraint.conffeqop pg_constraint.confdelsetcols
        pg_constraint.conexclop pg_constraint.conbin pg_constraint.conperiod
    """,
    "in pg_get_indexdef, or in the constraint behind it": """
        pg_index.indisunique pg_index.indnullsnotdistinct pg_index.indisprimary
        pg_index.indisexclusion pg_index.indimmediate pg_index.indkey pg_index.indcollation
        pg_index.indclass pg_index.indoption pg_index.indexprs pg_index.indpred
    """,
    "in pg_get_partkeydef or the bound": "pg_partitioned_table.* pg_class.relispartition",
    "in pg_get_function_arguments, _result or _sqlbody": """
        pg_proc.provariadic pg_proc.proretset pg_proc.pronargs pg_proc.pronargdefaults
        pg_proc.prorettype pg_proc.proargtypes pg_proc.proallargtypes pg_proc.proargmodes
        pg_proc.proargnames pg_proc.proargdefaults pg_proc.prosqlbody
    """,
    "in pg_get_ruledef": """
        pg_rewrite.is_instead pg_rewrite.ev_qual pg_rewrite.ev_action
    """,
    "in pg_get_statisticsobjdef": """
        pg_statistic_ext.stxkeys pg_statistic_ext.stxkind pg_statistic_ext.stxexprs
    """,
    "in pg_get_triggerdef; a partition's trigger comes with its parent's": """
        pg_trigger.tgparentid pg_trigger.tgfoid pg_trigger.tgtype pg_trigger.tgconstrrelid
        pg_trigger.tgconstrindid pg_trigger.tgdeferrable pg_trigger.tginitdeferred
        pg_trigger.tgnargs pg_trigger.tgattr pg_trigger.tgargs pg_trigger.tgqual
        pg_trigger.tgoldtable pg_trigger.tgnewtable
    """,
    "a shell type is of a form of its own": "pg_type.typisdefined",
}


def _has_reason(column: str) -> bool:
    patterns = " ".join(REASONS.values()).split()
    return any(fnmatchcase(column, pattern) for pattern in patterns)


def test_every_column_of_every_catalogue_is_read(db):
    """A column that no query names has its reason above: a new version's is found here."""
    files = [file for file in SQL.glob("*.sql") if file.name != "columns.sql"]
    text = "\n".join(re.sub("--.*", "", file.read_text(encoding="utf-8")) for file in files)
    read = set(re.findall(r"\w+", text))
    unread = [
        f"{table}.{column}"
        for table, column in db.execute(COLUMNS)
        if table not in read or column not in read
    ]
    assert [column for column in unread if not _has_reason(column)] == []


def test_the_versions_agree():
    """The migrations of the five schemas make equal snapshots on PostgreSQL 15 and 18."""
    if not BINARIES["pg15"].is_dir():
        pytest.skip(f"{BINARIES['pg15']} is not installed")
    old, new = (_migrated(binaries) for binaries in (BINARIES["pg15"], BINARIES["pg18"]))
    assert (old.version // 10000, new.version // 10000) == (15, 18)
    assert old == new


def _migrated(binaries: Path | None) -> Snapshot:
    environ = {"PG_BINDIR": str(binaries)} if binaries else {}
    with temporary_server(environ={"PATH": os.defpath, **environ}) as running:
        url = local_url(
            user="postgres", database="postgres", socket=str(running.socket), port=running.port
        )
        migrate.apply(Project(root=ROOT, name="tests", url=url))
        with psycopg.connect(url) as conn:
            return read_snapshot(conn)


@pytest.mark.parametrize(
    "setting", ["standard_conforming_strings = off", "quote_all_identifiers = on", "role = print"]
)
def test_a_snapshot_is_the_same_whatever_the_session_prefers(blank, setting):
    """What is printed does not depend on settings of the database or of who is logged in."""
    with psycopg.connect(blank) as conn:
        conn.execute("create table shop (a text default e'a\\\\b', m money default 1.5)")
        conn.execute("create role print")
        before = read_snapshot(conn)
        conn.execute(f"set {setting}")
        assert read_snapshot(conn) == before
        conn.rollback()


def test_a_snapshot_leaves_the_session_as_it_was(blank):
    """Settings are made for the reading alone, inside a transaction of the caller's too."""
    with psycopg.connect(blank) as conn:
        conn.execute("set search_path = public; set timezone = 'Asia/Shanghai'")
        read_snapshot(conn)
        assert conn.execute("show search_path").fetchone() == ("public",)
        assert conn.execute("show timezone").fetchone() == ("Asia/Shanghai",)


def test_members_of_extensions_and_the_bookkeeping_are_left_out(database):
    """An extension is one object, and the tables that remember what was applied are none."""
    with psycopg.connect(database) as conn:
        before = read_snapshot(conn)
        conn.execute("create extension hstore schema common")
        after = read_snapshot(conn)
        tables = conn.execute("select count(*) from pg_class where relname ~ 'yoyo|sqlwright'")
        assert tables.fetchone()[0] > 0
    assert [str(key) for key in after.objects if key not in before.objects] == ["extension hstore"]
    assert [key for key in after.objects if "yoyo" in key.name or "sqlwright" in key.name] == []
