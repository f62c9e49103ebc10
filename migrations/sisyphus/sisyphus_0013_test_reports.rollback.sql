drop table sisyphus.test_reports;
