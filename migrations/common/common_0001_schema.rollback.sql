drop schema common;
