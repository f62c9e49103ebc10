-- A WeChat mini program that retouches images: its users, their tasks, files, sessions and
-- settings.

create schema iopaint;

comment on schema iopaint is
    'WeChat image retouching: users, processing records, stored files, sessions, settings.';
