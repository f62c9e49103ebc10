drop table sisyphus.projects;
