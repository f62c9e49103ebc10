alter table zishu.files drop constraint files_current_version_fkey;
-- It would name versions that are gone, and keep the migration from being applied again.
update zishu.files set current_version = null where current_version is not null;
drop table zishu.file_versions;
drop function zishu.make_file_version_current();
drop function zishu.number_file_version();
