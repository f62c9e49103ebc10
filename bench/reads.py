"""Many rows and open shapes: parents with their children, a page by key, JSONB read and written."""

from __future__ import annotations

from itertools import count
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session, selectinload

from bench.calls import Calls
from bench.clients import Clients
from bench.measuring import Contender, once
from bench.points import ahead
from bench.sqlalchemy_models import Interface, Scenario, Step
from bench.ways import CORE, DJANGO, ORM, ways
from sqlwright_systems.sisyphus import interfaces, scenarios

__all__ = ["TABLES"]

_FIRST_PAGE = {"before_created_at": None, "before_id": None}
_STEP = ("id", "description", "keyword_type", "keyword_name", "parameters", "sort_order")
# What people write first: each step built by name, and the order within the aggregate.
_AS_USUAL = """\
select
    scenarios.*,
    (
        select coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'id', steps.id, 'description', steps.description,
                    'keyword_type', steps.keyword_type, 'keyword_name', steps.keyword_name,
                    'parameters', steps.parameters, 'sort_order', steps.sort_order
                )
                order by steps.sort_order, steps.id
            ),
            '[]'
        )
        from sisyphus.scenario_steps as steps
        where steps.scenario_id = scenarios.id
    ) as steps
from sisyphus.scenarios
where scenarios.project_id = %s
order by scenarios.created_at desc, scenarios.id desc
limit %s
"""


def _one(clients: Clients, statement: str) -> Any:
    row = clients.theirs.execute(statement).fetchone()
    assert row is not None
    return row[0]


def _project(clients: Clients) -> Any:
    """The project that has the most scenarios."""
    return _one(
        clients,
        "select project_id from sisyphus.scenarios"
        " group by project_id order by count(*) desc, project_id limit 1",
    )


def _parents(clients: Clients) -> list[Contender]:
    from bench.django_models import Scenario as OfDjango

    project, limit = _project(clients), 20
    given = {"project_id": project, "tags": None, "priority": None, "limit": limit, **_FIRST_PAGE}
    of_project = (
        select(Scenario)
        .where(Scenario.project_id == project)
        .order_by(Scenario.created_at.desc(), Scenario.id.desc())
        .limit(limit)
    )

    def by_core() -> list[Any]:
        rows = clients.core.execute(
            select(Scenario.__table__)
            .where(Scenario.project_id == project)
            .order_by(Scenario.created_at.desc(), Scenario.id.desc())
            .limit(limit)
        ).all()
        steps: dict[Any, list[Any]] = {row.id: [] for row in rows}
        for step in clients.core.execute(
            select(Step.__table__)
            .where(Step.scenario_id.in_(list(steps)))
            .order_by(Step.sort_order, Step.id)
        ):
            steps[step.scenario_id].append(step)
        return [_with(row, steps[row.id]) for row in rows]

    def eager() -> list[Any]:
        with Session(clients.core) as session:
            statement = of_project.options(selectinload(Scenario.steps))
            return [_with(each, each.steps) for each in session.scalars(statement)]

    def lazy() -> list[Any]:
        with Session(clients.core) as session:
            return [_with(each, each.steps) for each in session.scalars(of_project).all()]

    def by_django(*, eagerly: bool) -> list[Any]:
        found = OfDjango.objects.filter(project_id=project).order_by("-created_at", "-id")
        if eagerly:
            found = found.prefetch_related("steps")
        return [_with(each, each.steps.all()) for each in found[:limit]]

    return [
        *ways(clients, scenarios.page_with_steps, given),
        once(
            "psycopg, jsonb_build_object",
            lambda: clients.theirs.execute(_AS_USUAL, [project, limit]).fetchall(),
        ),
        once(CORE, by_core),
        once(ORM, eager),
        once(f"{ORM}, lazy", lazy),
        once(DJANGO, lambda: by_django(eagerly=True)),
        once(f"{DJANGO}, lazy", lambda: by_django(eagerly=False)),
    ]


def _with(scenario: Any, steps: Any) -> dict[str, Any]:
    """A scenario with its steps, as the service would go on to give it."""
    return {
        "id": scenario.id,
        "name": scenario.name,
        "tags": scenario.tags,
        "created_at": scenario.created_at,
        "steps": [{name: getattr(step, name) for name in _STEP} for step in steps],
    }


def _pages(clients: Clients) -> list[Contender]:
    from bench.django_models import Scenario as OfDjango

    project, limit = _project(clients), 50
    given = {"project_id": project, "limit": limit, **_FIRST_PAGE}
    newest = (Scenario.created_at.desc(), Scenario.id.desc())
    statement = (
        select(Scenario.__table__)
        .where(Scenario.project_id == project)
        .order_by(*newest)
        .limit(limit)
    )
    mapped = select(Scenario).where(Scenario.project_id == project).order_by(*newest).limit(limit)

    def by_session() -> list[Any]:
        with Session(clients.core) as session:
            return list(session.scalars(mapped))

    def by_django() -> list[Any]:
        found = OfDjango.objects.filter(project_id=project)
        return list(found.order_by("-created_at", "-id")[:limit])

    return [
        *ways(clients, scenarios.page, given),
        once(CORE, lambda: list(clients.core.execute(statement))),
        once(ORM, by_session),
        once(DJANGO, by_django),
    ]


def _interface(clients: Clients) -> Any:
    """One of those with the most JSON."""
    return _one(
        clients,
        "select id from sisyphus.interfaces where headers is not null and assertions is not null"
        " order by length(body::text) desc nulls last, id limit 1",
    )


def _json_reads(clients: Clients) -> list[Contender]:
    from bench.django_models import Interface as OfDjango

    key = _interface(clients)
    statement = select(Interface.__table__).where(Interface.id == key)

    def by_session() -> Any:
        with Session(clients.core) as session:
            return session.get(Interface, key)

    return [
        *ways(clients, interfaces.get, {"id": key}),
        once(CORE, lambda: clients.core.execute(statement).one()),
        once(ORM, by_session),
        once(DJANGO, lambda: OfDjango.objects.get(id=key)),
    ]


def _json_writes(clients: Clients) -> list[Contender]:
    from bench.django_models import Interface as OfDjango

    key = _interface(clients)
    row = interfaces.get(clients.ours, id=key)
    assert row is not None
    form = {
        name: getattr(row, name)
        for name in ("name", "method", "url", "headers", "body", "assertions")
    }
    numbers = count()

    def changed() -> dict[str, Any]:
        return {**form, "headers": {**row.headers, "X-Request": next(numbers)}}

    table = Interface.__table__
    values = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in form}
    statement = update(table).where(table.c.id == key).values(**values).returning(*table.c)

    def by_core() -> Any:
        bound = {f"new_{name}": value for name, value in changed().items()}
        return clients.core.execute(statement, bound).one()

    def by_session() -> Any:
        with Session(clients.core, expire_on_commit=False) as session:
            found = session.get_one(Interface, key)
            for name, value in changed().items():
                setattr(found, name, value)
            session.flush()
            session.refresh(found)
            session.commit()
            return found

    def by_django() -> Any:
        found = OfDjango.objects.get(id=key)
        for name, value in changed().items():
            setattr(found, name, value)
        found.save(update_fields=list(form))
        found.refresh_from_db()
        return found

    return [
        *ways(
            clients,
            interfaces.update,
            lambda: {"id": key, **changed()},
            varying={"headers": "jsonb_build_object('Accept', '*/*', 'X-Request', :n::text)"},
        ),
        once(CORE, by_core),
        once(ORM, by_session),
        once(DJANGO, by_django),
    ]


_WITHOUT_PSYCOPG = ahead(of_psycopg=0)[1:]

TABLES = (
    Calls(
        name="children",
        title="Parents with their children, one statement",
        note="`sisyphus.scenarios.page_with_steps`: a project's 20 newest scenarios, each with its"
        " steps. SQLAlchemy and Django take two statements, or with `lazy` one for each parent."
        " `jsonb_build_object` is the statement as it is written mostly.",
        contenders=_parents,
        answers=("id", "name", "tags", "created_at", "steps"),
        goals=ahead(of_psycopg=0.60),
    ),
    Calls(
        name="page",
        title="A page of 50 rows by key",
        note="`sisyphus.scenarios.page`: 12 columns, two of them JSONB.",
        contenders=_pages,
        answers=scenarios.Row._fields,
        goals=ahead(of_psycopg=0.65),
    ),
    Calls(
        name="jsonb-read",
        title="JSONB, read",
        note="`sisyphus.interfaces.get`: 12 columns, three of them JSONB.",
        contenders=_json_reads,
        answers=interfaces.Row._fields,
        goals=_WITHOUT_PSYCOPG,
    ),
    Calls(
        name="jsonb-write",
        title="JSONB, written",
        note="`sisyphus.interfaces.update`: a form with three JSONB values, of which one has"
        " changed; 12 columns come back. The ORM of SQLAlchemy writes only what has changed.",
        contenders=_json_writes,
        answers=("id", "name", "method", "url", "body", "assertions", "created_at"),
        goals=_WITHOUT_PSYCOPG,
    ),
)
