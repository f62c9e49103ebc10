-- The platform 紫舒AI: companions that people design, adapt, talk to, automate and share.
--
-- The document gives the names of its tables and what they are for; the columns and rules are
-- ours. Of its 41 tables one was Alembic's own and is left out.

create schema zishu;

comment on schema zishu is
    'AI companion platform 紫舒AI: people, adapters, characters, conversations, workflows, files, '
    'packaging, community.';
