drop schema sisyphus;
