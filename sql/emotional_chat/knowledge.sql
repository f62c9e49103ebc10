-- Articles that the assistant may draw on, by shelf, by tag, and by words in Chinese and English.

-- name: create(category, title, content, tags, is_active)^
-- Adds an article; a title that its shelf has already is an error.
insert into emotional_chat.knowledge (category, title, content, tags, is_active)
values (:category, :title, :content, :tags, :is_active)
returning id, category, title, content, tags, is_active, created_at, updated_at;

-- name: upsert(category, title, content, tags)^
-- Imports an article, in place of the one of this title on its shelf; one that was withdrawn stays
-- so.
insert into emotional_chat.knowledge (category, title, content, tags)
values (:category, :title, :content, :tags)
on conflict (category, title) do update
set
    content = excluded.content,
    tags = excluded.tags
returning id, category, title, content, tags, is_active, created_at, updated_at;

-- name: get(id)^
-- The article with this id.
select id, category, title, content, tags, is_active, created_at, updated_at
from emotional_chat.knowledge
where id = :id;

-- name: get_by_title(category, title)^
-- The article of this title on this shelf.
select id, category, title, content, tags, is_active, created_at, updated_at
from emotional_chat.knowledge
where category = :category
    and title = :title;

-- name: page(category, after_title, limit)
-- A page of a shelf, by title, with drafts and what is withdrawn; null gives the first page.
select id, category, title, content, tags, is_active, created_at, updated_at
from emotional_chat.knowledge
where category = :category
    and title > coalesce(:after_title::text, '')
order by title
limit :limit;

-- name: page_by_tags(tags, before_id, limit)
-- A page of the articles in use that have all of these tags, the newest first; null gives the
-- first page.
-- scans: sorts the articles with these tags, since no index has them in order; they are few.
with found as materialized (
    select id, category, title, content, tags, is_active, created_at, updated_at
    from emotional_chat.knowledge
    where tags @> to_jsonb(:tags::text[])
        and is_active
        and id < coalesce(:before_id::bigint, 9223372036854775807)
)
select id, category, title, content, tags, is_active, created_at, updated_at
from found
order by id desc
limit :limit;

-- name: search(words, limit)
-- The articles in use with all of these words, Chinese or English: those that have them, as typed,
-- in the title first, then those of which they are the larger part.
-- scans: sorts what is found by rank, which is known only then.
-- not null: rank
select
    id, category, title, content, tags, is_active, created_at, updated_at,
    strpos(lower(title), lower(:words)) > 0 as in_title,
    ts_rank(search_terms, (select common.search_query(:words)), 1) as rank
from emotional_chat.knowledge
where search_terms @@ (select common.search_query(:words))
    and is_active
order by in_title desc, rank desc, id
limit :limit;

-- name: search_titles(words, limit)
-- The articles in use with this in their title, as typed, also within a word; two characters or
-- more. For a box that completes while someone types.
-- scans: sorts the titles that are found.
with found as materialized (
    select id, category, title
    from emotional_chat.knowledge
    where common.bigrams(title) @> common.bigrams(:words)
        and strpos(
            lower(common.searchable(title)), lower(common.searchable(:words))
        ) > 0
        and length(:words) > 1
        and is_active
)
select id, category, title
from found
order by title, id
limit :limit;

-- name: list_categories()
-- The shelves that have an article in use, and how many.
-- scans: counts them all; the table is small, and the answer can be kept for a while.
select
    category,
    count(*) as articles
from emotional_chat.knowledge
where is_active
group by category
order by category;

-- name: change(id, category, title, content, tags)^
-- Makes an article what the form says.
update emotional_chat.knowledge
set
    category = :category,
    title = :title,
    content = :content,
    tags = :tags
where id = :id
returning id, category, title, content, tags, is_active, created_at, updated_at;

-- name: set_active(id, is_active)^
-- Lets the assistant use an article, or withdraws it.
update emotional_chat.knowledge
set is_active = :is_active
where id = :id
returning id, category, title, content, tags, is_active, created_at, updated_at;

-- name: delete(id)!
-- Deletes an article for good.
delete from emotional_chat.knowledge
where id = :id;
