-- Templates of workflows: kept by their authors, found in the gallery, copied by
-- workflows.create_from_template.

-- name: create(author_id, name, description, graph, tags, is_public)^
-- Keeps a template; a null author makes it one of the platform.
insert into zishu.workflow_templates (author_id, name, description, graph, tags, is_public)
values (:author_id, :name, :description, :graph, :tags, :is_public)
returning id, author_id, name, description, graph, tags, is_public, created_at, updated_at;

-- name: create_from_workflow(workflow_id, author_id, name, description, tags)^
-- Keeps the graph of a workflow as a template of the author alone, until it is published.
with template as (
    select jsonb_build_object(
        'nodes',
        (
            select coalesce(jsonb_agg(nodes), '[]')
            from (
                select name, kind, config, position_x as x, position_y as y
                from zishu.workflow_nodes
                where workflow_nodes.workflow_id = workflows.id
                order by name
            ) as nodes
        ),
        'edges',
        (
            select coalesce(jsonb_agg(edges), '[]')
            from (
                select sources.name as source, edges.source_exit as exit, targets.name as target
                from zishu.workflow_edges as edges
                join zishu.workflow_nodes as sources on sources.id = edges.source_node_id
                join zishu.workflow_nodes as targets on targets.id = edges.target_node_id
                where edges.workflow_id = workflows.id
                order by sources.name, edges.source_exit, targets.name
            ) as edges
        )
    ) as graph
    from zishu.workflows
    where workflows.id = :workflow_id
        and workflows.deleted_at is null
)
insert into zishu.workflow_templates (author_id, name, description, graph, tags)
select :author_id::uuid, :name, :description, template.graph, :tags::text[]
from template
returning id, author_id, name, description, graph, tags, is_public, created_at, updated_at;

-- name: get(id)^
-- The template with this id.
select id, author_id, name, description, graph, tags, is_public, created_at, updated_at
from zishu.workflow_templates
where id = :id;

-- name: page(before_created_at, before_id, limit)
-- The gallery without the graphs, newest first; nulls for the first page, then what the last row
-- of the page before says.
select id, author_id, name, description, tags, created_at, updated_at
from zishu.workflow_templates
where is_public
    and (created_at, id) < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
order by created_at desc, id desc
limit :limit;

-- name: page_by_tag(tag, before_created_at, before_id, limit)
-- The gallery's templates with a tag, newest first.
-- scans: whichever is less, what has the tag is sorted or the gallery is read until it is enough.
select id, author_id, name, description, tags, created_at, updated_at
from zishu.workflow_templates
where is_public
    and tags @> array[:tag::text]
    and (created_at, id) < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
order by created_at desc, id desc
limit :limit;

-- name: page_by_author(author_id, before_created_at, before_id, limit)
-- What a person made, published or not, newest first.
select id, author_id, name, description, tags, is_public, created_at, updated_at
from zishu.workflow_templates
where author_id = :author_id
    and (created_at, id) < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
order by created_at desc, id desc
limit :limit;

-- name: search(words, before_created_at, before_id, limit)
-- The gallery's templates whose name and description have every word, Chinese or English, newest
-- first.
-- scans: what has the words is sorted.
select id, author_id, name, description, tags, created_at, updated_at
from zishu.workflow_templates
where is_public
    and common.search_terms(name || ' ' || description) @@ common.search_query(:words)
    and (created_at, id) < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
order by created_at desc, id desc
limit :limit;

-- name: update(id, name, description, graph, tags)^
-- Saves the form of a template; what was copied from it stays as it is.
update zishu.workflow_templates
set
    name = :name,
    description = :description,
    graph = :graph,
    tags = :tags
where id = :id
returning id, author_id, name, description, graph, tags, is_public, created_at, updated_at;

-- name: set_public(id, is_public)^
-- Shows a template in the gallery or takes it out.
update zishu.workflow_templates
set is_public = :is_public
where id = :id
returning id, author_id, name, description, graph, tags, is_public, created_at, updated_at;

-- name: delete(id)!
-- Removes a template; workflows that were copied from it stay.
delete from zishu.workflow_templates
where id = :id;
