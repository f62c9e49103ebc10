drop table sisyphus.interfaces;
