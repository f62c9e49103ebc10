-- The bodies of common_0005_chinese_search.

create or replace function common.bigrams(document text)
returns text[]
language sql
immutable
parallel safe
return array(
    select distinct letters.letter || letters.following
    from (
        select
            split.letter,
            lead(split.letter) over (order by split.place) as following
        from string_to_table(lower(common.searchable(document)), null)
            with ordinality as split (letter, place)
    ) as letters
    where letters.following is not null
);

create or replace function common.search_query(words text)
returns tsquery
language sql
immutable
parallel safe
set client_min_messages = warning
return (
    with pairs as (
        select
            cjk.letter,
            cjk.pair
        from common.cjk_pairs(common.searchable(words)) as cjk
    ),
    chinese as (
        select
            string_agg(quote_literal(coalesce(pairs.pair, pairs.letter)), ' & ')::tsquery as terms
        from pairs
        where pairs.pair is not null
            or not exists (select from pairs as others where right(others.pair, 1) = pairs.letter)
    ),
    english as (
        select plainto_tsquery(
            'pg_catalog.english',
            regexp_replace(common.searchable(words), common.cjk_run(), ' ', 'g')
        ) as terms
    )
    select coalesce(english.terms && chinese.terms, english.terms)
    from english
    cross join chinese
);

create or replace function common.search_terms(document text)
returns tsvector
language sql
immutable
parallel safe
return (
    with chinese as (
        select array_to_tsvector(array_agg(distinct terms.term)) as terms
        from common.cjk_pairs(common.searchable(document)) as pairs
        cross join unnest(array[pairs.letter, pairs.pair]) as terms (term)
        where terms.term is not null
    ),
    english as (
        select to_tsvector(
            'pg_catalog.english',
            regexp_replace(common.searchable(document), common.cjk_run(), ' ', 'g')
        ) as terms
    )
    select coalesce(english.terms || chinese.terms, english.terms)
    from english
    cross join chinese
);
