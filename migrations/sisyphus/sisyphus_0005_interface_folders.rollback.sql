drop table sisyphus.interface_folders;
