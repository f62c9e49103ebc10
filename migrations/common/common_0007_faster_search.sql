-- Search in half the time: every write of a searched text and every search calls these functions.
--
-- They give what they gave, so that indexes and stored terms stay right as they are. The bodies
-- are PL/pgSQL, whose plans a session keeps: a query in an SQL function is set up anew at each
-- call. And they say what they cost: for cheap functions the planner read all texts of a person
-- or a project and searched each, where the index of the words finds them at once.
-- common.cjk_pairs stays, though nothing calls it: a session may still be in an old body.
-- Locks: none on tables; nothing is rewritten.
-- depends: common_0005_chinese_search

create or replace function common.search_terms(document text)
returns tsvector
language plpgsql
immutable
parallel safe
cost 5000
set search_path = pg_catalog
as $$
declare
    searchable text := common.searchable(document);
    letters text[];
begin
    if searchable !~ common.cjk_run() then
        return to_tsvector('pg_catalog.english', searchable);
    end if;
    -- What is between two runs becomes a space, which pairs with nothing.
    letters := string_to_array(
        regexp_replace(searchable, replace(common.cjk_run(), '[', '[^'), ' ', 'g'), null
    );
    return to_tsvector(
        'pg_catalog.english', regexp_replace(searchable, common.cjk_run(), ' ', 'g')
    ) || array_to_tsvector(
        array_remove(letters, ' ') || array(
            select pairs.letter || pairs.following
            from unnest(letters, letters[2:]) as pairs (letter, following)
            where pairs.letter <> ' ' and pairs.following <> ' '
        )
    );
end
$$;

-- Of what has no Chinese, the notices that words are ignored ("the") are no news to the caller.
create or replace function common.search_query(words text)
returns tsquery
language plpgsql
immutable
parallel safe
cost 5000
set search_path = pg_catalog
set client_min_messages = warning
as $$
declare
    searchable text := common.searchable(words);
    english tsquery := plainto_tsquery(
        'pg_catalog.english', regexp_replace(searchable, common.cjk_run(), ' ', 'g')
    );
    letters text[];
begin
    if searchable !~ common.cjk_run() then
        return english;
    end if;
    letters := string_to_array(
        regexp_replace(searchable, replace(common.cjk_run(), '[', '[^'), ' ', 'g'), null
    );
    -- A character alone is asked for only where no pair ends with it: pairs are the sharper terms.
    return english && (
        with pairs as (
            select
                split.place,
                split.letter,
                split.letter || nullif(split.following, ' ') as pair
            from unnest(letters, letters[2:])
                with ordinality as split (letter, following, place)
            where split.letter <> ' '
        )
        select
            string_agg(
                quote_literal(coalesce(pairs.pair, pairs.letter)), ' & ' order by pairs.place
            )::tsquery
        from pairs
        where pairs.pair is not null
            or not exists (select from pairs as others where right(others.pair, 1) = pairs.letter)
    );
end
$$;

create or replace function common.bigrams(document text)
returns text[]
language plpgsql
immutable
parallel safe
cost 2000
set search_path = pg_catalog
as $$
declare
    letters text[] := string_to_array(lower(common.searchable(document)), null);
begin
    return array(
        select distinct pairs.letter || pairs.following
        from unnest(letters, letters[2:]) as pairs (letter, following)
        where pairs.following is not null
    );
end
$$;
