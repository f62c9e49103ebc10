-- Before retention removes a folder of Allure files: does another report name it, a folder within
-- it or one above? By the bytes of the path, so that what lies in a folder is a range.
--
-- Locks: share update exclusive, which lets others read and write; no rewrite.
-- transactional: false
-- depends: sisyphus_0013_test_reports

create index concurrently test_reports_allure_report_path_idx
    on sisyphus.test_reports ((rtrim(allure_report_path, '/') collate "C"))
    where allure_report_path is not null;
