drop table sisyphus.execution_steps;
drop table sisyphus.test_executions;
