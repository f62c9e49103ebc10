-- The user accounts of a FastAPI service: who may log in, and as what.

create schema claude_fastapi;

comment on schema claude_fastapi is 'User accounts of a FastAPI service.';
