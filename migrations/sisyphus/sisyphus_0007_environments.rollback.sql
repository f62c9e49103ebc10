drop table sisyphus.env_variables;
drop table sisyphus.environments;
