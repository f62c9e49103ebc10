drop table sisyphus.keywords;
