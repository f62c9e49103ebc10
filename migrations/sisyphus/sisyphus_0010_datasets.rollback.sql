drop table sisyphus.datasets;
