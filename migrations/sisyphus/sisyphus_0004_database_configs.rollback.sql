drop table sisyphus.database_configs;
