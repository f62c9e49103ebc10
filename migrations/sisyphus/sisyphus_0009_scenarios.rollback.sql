drop table sisyphus.scenario_steps;
drop table sisyphus.scenarios;
