"""Metrics: what a database and a pool say of themselves, and the alerts over them."""

import asyncio
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import psycopg
import pytest
import yaml

from commands import Said, project
from pair import members, until
from sqlwright.config import Project
from sqlwright.errors import ConfigError
from sqlwright.observe import app_of
from sqlwright.observe.exposition import all_metrics, encode
from sqlwright.operations.alerts import RULES, judge, read_rules
from sqlwright.operations.metrics import check, read_measures
from sqlwright.pool import open_pool

pytestmark = pytest.mark.newest

ROOT = Path(__file__).parent.parent.parent
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@pytest.fixture
def where(tmp_path, blank):
    """A project on an empty database."""
    return Project(root=tmp_path, name="shop", url=blank)


@pytest.fixture
def conn(blank):
    """A connection to it, in autocommit."""
    with psycopg.connect(blank, autocommit=True) as conn:
        yield conn


def _values(measures):
    """The values of each metric, by its labels."""
    found = {}
    for one in measures.measures:
        found.setdefault(one.name.removeprefix("sqlwright_"), {})[".".join(one.labels.values())] = (
            one.value
        )
    return found


async def _get(app, **headers):
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://service"
    ) as client:
        return await client.get("/metrics", headers=headers)


@pytest.mark.parametrize("type_", ["text/plain; version=0.0.4; charset=utf-8", OPENMETRICS])
def test_every_metric_is_exposed(where, type_):
    """What Prometheus reads has each metric, in the form that it asks for."""
    with open_pool(where, size=1) as pool:
        answer = asyncio.run(_get(app_of(pool, database=True), accept=type_.partition(";")[0]))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(type_.rpartition(";")[0])
    named = set(re.findall(r"^# TYPE (\w+)", answer.text, re.MULTILINE))
    is_open = type_ == OPENMETRICS  # there a counter's family has no suffix
    assert named == {
        one.name.removesuffix("_total") if is_open else one.name for one in all_metrics()
    }


@pytest.mark.parametrize(
    "accept", ["text/plain; version=new", "application/openmetrics-text;version=1..0"]
)
def test_an_odd_wish(accept):
    """Who asks for a version that there is none of gets the plain text."""
    assert encode((), (), accept=accept)[1] == "text/plain; version=0.0.4; charset=utf-8"


def test_a_pool_in_use(where):
    """A mounted application sees its own pool, and leaves the database to others."""
    with open_pool(where, size=2, overflow=2, application="web") as pool:
        pool.wait()
        with pool.connection():
            text = asyncio.run(_get(app_of(pool))).text
    found = dict(re.findall(r'^sqlwright_pool_(\w+)\{pool="web"\} (\S+)', text, re.MULTILINE))
    assert {name: found[name] for name in ("size", "max_size", "used", "used_ratio")} == {
        "size": "2.0",
        "max_size": "4.0",
        "used": "1.0",
        "used_ratio": "0.25",
    }
    assert "sqlwright_up" not in text


def test_a_transaction_that_is_old(where, blank, conn):
    """The oldest transaction and the oldest statement are measured in seconds."""
    with psycopg.connect(blank) as other:
        other.execute("select pg_sleep(0.2)")
        found = _values(read_measures(where))
    assert 0.2 < found["longest_transaction_seconds"][""] < 60
    assert found["longest_statement_seconds"] == {"": 0}


def test_indexes(where, conn):
    """INVALID indexes are found, and those that nothing was looked up by."""
    conn.execute("create table items (id int primary key, name text, spare text)")
    conn.execute("insert into items select n, n, n from generate_series(1, 60000) as n")
    conn.execute("create index on items (name)")
    conn.execute("create index items_spare_idx on items (spare)")
    conn.execute("insert into items values (0, 1, 1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        conn.execute("create unique index concurrently items_broken on items (name)")
    conn.execute("set enable_seqscan = off")
    conn.execute("select from items where name = '77'")
    conn.execute("select pg_stat_force_next_flush()")
    conn.execute("select")
    found = _values(read_measures(where))
    assert found["invalid_index"] == {"public.items_broken": 1}
    assert list(found["unused_index_bytes"]) == ["public.items_spare_idx"]
    alerts = [one.rule.name for one in check(where).alerts]
    assert "IndexIsInvalid" in alerts


def test_a_table_that_is_locked(where, blank, conn):
    """Who alters a table is not waited for: else the database would seem to be down."""
    conn.execute("create table items as select generate_series(1, 60000) as id")
    conn.execute("create index items_id_idx on items (id)")
    with psycopg.connect(blank) as other:
        other.execute("lock table items")
        found = read_measures(where)
    assert found.unseen == {}
    assert list(_values(found)["unused_index_bytes"]) == ["public.items_id_idx"]


@pytest.mark.parametrize(("deleted", "low", "high"), [("false", 0, 0.06), ("id % 10 > 0", 0.8, 1)])
def test_bloat(where, conn, deleted, low, high):
    """A table that is full is estimated as full, and one that lost nine rows of ten as empty."""
    conn.execute("create table items (id bigint, name text, note text) with (fillfactor = 90)")
    conn.execute(
        "insert into items select n, repeat('x', 90), null from generate_series(1, 100000) as n"
    )
    conn.execute(f"delete from items where {deleted}")
    conn.execute("vacuum analyze items")
    assert low <= _values(read_measures(where))["table_bloat_ratio"]["public.items"] <= high


def test_slots(where, conn):
    """WAL that a replication slot keeps is measured for each."""
    conn.execute("select pg_create_physical_replication_slot('metrics_test', true)")
    try:
        found = _values(read_measures(where))["slot_retained_bytes"]
    finally:
        conn.execute("select pg_drop_replication_slot('metrics_test')")
    assert found["metrics_test"] >= 0


def _project_of(server):
    return Project(root=ROOT, name="shop", url=server.url())


def test_a_standby_that_is_cut_off():
    """It has replayed all that it got, and does not take that for all that there is."""

    def lag():
        return _values(read_measures(_project_of(standby)))["replication_lag_seconds"][
            "this server"
        ]

    with members("one", "two") as (primary, standby):
        until(lambda: lag() == 0)
        primary.stop()
        until(lambda: standby.ask("select not exists (select from pg_stat_wal_receiver)"))
        assert lag() > 0


def test_a_standby_that_stands_still():
    """A standby whose replay is paused is behind, on the primary and as it sees itself."""
    with members("one", "two") as (primary, standby):
        standby.ask("select pg_wal_replay_pause()")
        primary.ask("create table items as select generate_series(1, 1000)")
        at = primary.ask("select pg_current_wal_lsn()")
        until(lambda: standby.ask("select pg_last_wal_receive_lsn() >= %s::pg_lsn", at))
        seen = [_values(read_measures(_project_of(server))) for server in (primary, standby)]
    assert [one["standby"] for one in seen] == [{"": 0}, {"": 1}]
    assert seen[0]["replication_lag_bytes"]["two"] > 0
    assert seen[1]["replication_lag_seconds"]["this server"] > 0


def test_standbys_of_one_name(where, blank, conn):
    """Each is measured: Prometheus would take one of two that are named alike."""
    twin = f"{blank}&replication=true&application_name=twin"
    with psycopg.connect(twin) as one, psycopg.connect(twin) as other:
        pids = [standby.info.backend_pid for standby in (one, other)]
        found = _values(read_measures(where))
    for name in ("replication_lag_seconds", "replication_lag_bytes"):
        assert sorted(label for label in found[name] if "twin" in label) == sorted(
            f"twin {pid}" for pid in pids
        )


def test_without_rights(where, conn):
    """A role without pg_monitor learns what it can't see; with it, it sees that."""
    conn.execute("create role metrics_guest login")
    guest = Project(
        root=where.root, name="shop", url=where.url.replace("postgres@", "metrics_guest@")
    )
    try:
        before = read_measures(guest)
        conn.execute("grant pg_monitor to metrics_guest")
        after = read_measures(guest)
    finally:
        conn.execute("drop role metrics_guest")
    assert before.unseen == {
        "sqlwright_longest_statement_seconds": "it takes the role pg_monitor",
        "sqlwright_longest_transaction_seconds": "it takes the role pg_monitor",
        "sqlwright_disk_used_ratio": "it takes the role pg_monitor",
    }
    assert after.unseen == {}


def test_the_disk(where):
    """How full the disk below the data folder is, from 0 to 1."""
    assert 0 < _values(read_measures(where))["disk_used_ratio"][""] < 1


def test_a_database_that_is_down(tmp_path):
    """`metrics` fails and says why; `--check` says the same as an alert."""
    cli = project(tmp_path / "p", DATABASE_URL="postgresql://bob:geheim@127.0.0.1:1/shop")
    reason = (
        "The database does not answer: Connection refused.\n"
        "Start the server there, or mend host and port in DATABASE_URL.\n"
    )
    assert cli("metrics") == Said(2, "", f"error: {reason}")
    said = cli("metrics --check")
    assert said.code == 1
    assert said.out.startswith("critical: DatabaseDown: sqlwright_up is 0 (< 1)\n")
    assert reason in said.err


def test_no_alerts(tmp_path, blank):
    """A database with which all is well exits with 0, and says what it could not judge."""
    rules = tmp_path / "mine.yml"
    text = RULES.read_text(encoding="utf-8")
    rules.write_text(re.sub(r"disk_used_ratio > \S+", "disk_used_ratio > 1", text))
    cli = project(tmp_path / "p", DATABASE_URL=blank)
    said = cli(f"metrics --check --json --alerts {rules}")
    document = json.loads(said.out)
    assert [one for one in document["alerts"] if one["severity"] != "info"] == []
    assert list(document["unjudged"]) == [
        "sqlwright_pool_used_ratio",
        "sqlwright_slow_statements_total",
    ]


def test_a_rule_over_nothing(where, tmp_path):
    """A rule over what is not measured is refused, with the name that was meant."""
    rules = tmp_path / "mine.yml"
    rules.write_text(RULES.read_text(encoding="utf-8").replace("sqlwright_up <", "sqlwright_ups <"))
    with pytest.raises(ConfigError) as caught:
        check(where, rules=rules)
    assert (caught.value.message, caught.value.hint) == (
        f"{rules} has a rule over sqlwright_ups, which is not measured.",
        "Did you mean sqlwright_up?",
    )


class _Service(BaseHTTPRequestHandler):
    """Says what it was given."""

    text = ""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.text.encode())

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def service():
    """`service(text)`: the URL of a service that answers with that."""
    with HTTPServer(("127.0.0.1", 0), _Service) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()

        def serve(text):
            server.RequestHandlerClass = type("Service", (_Service,), {"text": text})
            return f"http://127.0.0.1:{server.server_port}/metrics"

        yield serve
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("used", "names"), [("0.8", []), ("0.81", ["PoolNearlyUsedUp"])])
def test_a_pool_of_a_service(where, service, used, names):
    """A service's pool is judged by what its own /metrics says: above 80 % is too much."""
    url = service(
        f'sqlwright_pool_used_ratio{{pool="web"}} {used}\n'
        "sqlwright_slow_statements_total 0\nother 1\n"
    )
    found = check(where, service=url)
    pools = [one for one in found.alerts if one.rule.metric.startswith("sqlwright_pool")]
    assert [one.rule.name for one in pools] == names
    assert found.unjudged == {}


def test_a_service_without_a_pool(where, service):
    """What another program's /metrics does not say is not judged as well."""
    found = check(where, service=service("other 1\n"))
    assert found.unjudged == dict.fromkeys(
        ("sqlwright_pool_used_ratio", "sqlwright_slow_statements_total"),
        "the service's /metrics does not have it: name the one that its pool is mounted with",
    )


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("file:///etc/passwd", "'file:///etc/passwd' is no URL of http."),
        ("http://bob:geheim@h/m", "'http://bob:***@h/m' can't be read as a URL."),
        (
            "http://127.0.0.1:1/m",
            "http://127.0.0.1:1/m does not answer: [Errno 111] Connection refused.",
        ),
        ("{}", "{} gives no metrics that Prometheus could read."),
    ],
)
def test_a_service_that_does_not_answer(tmp_path, blank, service, url, message):
    """A service that is down, or none, is told apart from a database that is."""
    name = service("<html>")
    cli = project(tmp_path / "p", DATABASE_URL=blank)
    said = cli(f"metrics --check --service {url.format(name)}")
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines()[0] == f"error: {message.format(name)}"


def test_the_rules_are_prometheus_rules():
    """The file is YAML as Prometheus wants it, and what is judged is what stands there."""
    document = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8"))
    (group,) = document["groups"]
    assert set(document) == {"groups"}
    for rule in group["rules"]:
        assert set(rule) - {"for"} == {"alert", "expr", "labels", "annotations"}
    read = {
        rule.name: (rule.severity, rule.summary, rule.description, rule.threshold)
        for rule in read_rules()
    }
    assert read == {
        rule["alert"]: (
            rule["labels"]["severity"],
            rule["annotations"]["summary"],
            rule["annotations"]["description"],
            float(rule["expr"].split()[-1]),
        )
        for rule in group["rules"]
    }


def test_the_rules_ask_for_what_there_is():
    """Each rule's metric is one that /metrics exposes, and a counter is judged by its growth."""
    metrics = {one.name: one for one in all_metrics()}
    rules = read_rules()
    assert {rule.metric for rule in rules} <= set(metrics)
    assert all(rule.is_counter == metrics[rule.metric].is_counter for rule in rules)


def test_the_page():
    """The page on metrics has each metric and each rule."""
    page = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    assert {one.name for one in all_metrics()} == set(
        re.findall(r"^\| `(\w+)` ", page, re.MULTILINE)
    )
    rows = re.findall(r"^\| (\w+) \| `(.+)`(?: for (\w+))? \| (\w+) \|$", page, re.MULTILINE)
    (group,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    assert rows == [
        (rule["alert"], rule["expr"], rule.get("for", ""), rule["labels"]["severity"])
        for rule in group["rules"]
    ]


def test_the_thresholds_of_the_document():
    """Pool 80 %, statements 1 s, any deadlock, disk 85 %, replication 10 s."""
    found = {rule.metric: (rule.operator, rule.threshold) for rule in read_rules()}
    assert {
        name: found[f"sqlwright_{name}"]
        for name in (
            "pool_used_ratio",
            "longest_statement_seconds",
            "deadlocks_total",
            "disk_used_ratio",
            "replication_lag_seconds",
        )
    } == {
        "pool_used_ratio": (">", 0.8),
        "longest_statement_seconds": (">", 1),
        "deadlocks_total": (">", 0),
        "disk_used_ratio": (">", 0.85),
        "replication_lag_seconds": (">", 10),
    }


def test_deadlocks(where, blank, conn):
    """A deadlock is counted, and is an alert."""
    before = _values(read_measures(where))["deadlocks_total"][""]
    conn.execute("create table items (id int primary key, n int default 0)")
    conn.execute("insert into items values (1), (2)")
    barrier = threading.Barrier(2)

    def change(first, second):
        with psycopg.connect(blank) as other:
            other.execute("set deadlock_timeout = '10ms'")
            other.execute("update items set n = 1 where id = %s", [first])
            barrier.wait()
            try:
                other.execute("update items set n = 1 where id = %s", [second])
            except psycopg.errors.DeadlockDetected:
                other.rollback()
                other.execute("select pg_stat_force_next_flush()")

    threads = [threading.Thread(target=change, args=pair) for pair in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A session says what it has counted when it ends, which nobody here waits for.
    until(lambda: _values(read_measures(where))["deadlocks_total"][""] == before + 1)
    found = check(where)
    assert "Deadlocks" in [one.rule.name for one in found.alerts]
    assert judge(read_rules(), []) == []
