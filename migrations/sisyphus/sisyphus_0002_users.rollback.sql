drop table sisyphus.users;
