-- A platform that automates tests: projects with their interfaces and environments, scenarios of
-- keyword steps, plans that run them, and what came of each run.

create schema sisyphus;

comment on schema sisyphus is
    'Test automation: projects, interfaces, keywords, scenarios, plans, executions, reports.';
