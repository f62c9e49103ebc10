-- Search that finds Chinese: PostgreSQL's parsers take a sentence without spaces for one word.
--
-- Chinese, Japanese and Korean text is cut into single characters and overlapping pairs, so that
-- an index finds a term of one, two or more characters; the rest is stemmed as English.
-- depends: common_0001_schema

create function common.cjk_run()
returns text
language sql
immutable
parallel safe
return '[぀-ヿ㐀-䶿一-鿿가-힯豈-﫿𠀀-𲎯]+';

comment on function common.cjk_run() is
    'The regular expression of a run of kana, ideographs or hangul.';

-- A tsvector holds one megabyte at most: what is searched is of bounded length.
create function common.searchable(document text)
returns text
language sql
immutable
parallel safe
return normalize(left(document, 100000), nfkc);

comment on function common.searchable(text) is
    'The part of a text that search looks at, its first 100,000 characters, with full-width and '
    'other compatibility forms made one.';

create function common.cjk_pairs(document text)
returns table (letter text, pair text)
language sql
immutable
parallel safe
set search_path = pg_catalog
as $$
    select
        letters.letter,
        letters.letter
            || lead(letters.letter) over (partition by runs.number order by letters.place)
    from regexp_matches(document, common.cjk_run(), 'g') with ordinality as runs (match, number)
    cross join string_to_table(runs.match[1], null) with ordinality as letters (letter, place)
$$;

comment on function common.cjk_pairs(text) is
    'Each character of each run of Chinese, Japanese or Korean, and the pair that it begins: '
    'null at the end of the run.';

create function common.search_terms(document text)
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

comment on function common.search_terms(text) is
    'What an index keeps of a text: English stems, and the characters and pairs of Chinese. '
    'Ask it with @@ common.search_query(…).';

-- A character alone is asked for only where no pair holds it: pairs are the sharper terms. Words
-- that search ignores ("the") are no news to the caller, hence no notices.
create function common.search_query(words text)
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

comment on function common.search_query(text) is
    'The question to common.search_terms: every English word and Chinese term must be there.';

create function common.bigrams(document text)
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

comment on function common.bigrams(text) is
    'The overlapping pairs of characters of a text, for substring search by index in any '
    'language: common.bigrams(name) @> common.bigrams(term) and name ilike term. Terms of two '
    'characters or more.';
