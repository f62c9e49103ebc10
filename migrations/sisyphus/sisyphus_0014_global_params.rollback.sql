drop table sisyphus.global_params;
