drop table sisyphus.plan_scenarios;
drop table sisyphus.test_plans;
