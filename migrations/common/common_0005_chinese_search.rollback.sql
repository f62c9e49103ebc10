drop function common.bigrams(text);
drop function common.search_query(text);
drop function common.search_terms(text);
drop function common.cjk_pairs(text);
drop function common.searchable(text);
drop function common.cjk_run();
