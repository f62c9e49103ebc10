drop table claude_fastapi.users;
