-- Data sets: the rows that a data-driven scenario is run with. Lists leave out the CSV.

-- name: create(project_id, scenario_id, name, csv_data)^
-- Adds a data set to a scenario, or with null to all scenarios of the project.
insert into sisyphus.datasets (project_id, scenario_id, name, csv_data)
values (:project_id, :scenario_id, :name, :csv_data)
returning id, project_id, scenario_id, name, csv_data, created_at, updated_at;

-- name: get(id)^
-- The data set with this id.
select id, project_id, scenario_id, name, csv_data, created_at, updated_at
from sisyphus.datasets
where id = :id;

-- name: page(project_id, before_created_at, before_id, limit)
-- A project's data sets, newest first; nulls for the first page.
select id, project_id, scenario_id, name, length(csv_data) as csv_length, created_at, updated_at
from sisyphus.datasets
where project_id = :project_id
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: list_for_scenario(scenario_id)
-- The data sets that a scenario may be run with, by name: its own, and those of its project that
-- were made for none.
select
    dataset.id, dataset.project_id, dataset.scenario_id, dataset.name,
    length(dataset.csv_data) as csv_length, dataset.created_at, dataset.updated_at
from sisyphus.scenarios as scenario
inner join sisyphus.datasets as dataset
    on dataset.project_id = scenario.project_id
    and (dataset.scenario_id = scenario.id or dataset.scenario_id is null)
where scenario.id = :scenario_id
order by dataset.name, dataset.id;

-- name: update(id, scenario_id, name, csv_data)^
-- Saves the form of a data set; a null scenario offers it to all of the project.
update sisyphus.datasets
set
    scenario_id = :scenario_id,
    name = :name,
    csv_data = :csv_data
where id = :id
returning id, project_id, scenario_id, name, csv_data, created_at, updated_at;

-- name: delete(id)!
-- Deletes a data set; plans run its scenarios once, without.
delete from sisyphus.datasets
where id = :id;
