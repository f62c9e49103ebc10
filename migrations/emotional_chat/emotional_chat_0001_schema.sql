-- A chat that listens: people talk with an assistant, and how they feel is read from what they
-- write. The document names the tables; the columns are designed here.

create schema emotional_chat;

comment on schema emotional_chat is
    'Chat with emotion analysis: users, sessions, messages, feelings, knowledge, logs, feedback.';
