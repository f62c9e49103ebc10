alter table zishu.files drop constraint files_current_version_fkey;
drop table zishu.file_versions;
drop function zishu.make_file_version_current();
drop function zishu.number_file_version();
