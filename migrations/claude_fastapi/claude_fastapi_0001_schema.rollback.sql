drop schema claude_fastapi;
