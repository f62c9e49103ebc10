-- Folders for the interfaces of a project, as deep as a team likes.
--
-- Beyond the document: a folder's parent belongs to its project. Whoever reads one project would
-- else never reach the folder, and whoever reads the other would find a stranger in it. A foreign
-- key holds this rather than a trigger: it is right when two sessions move folders at once. It
-- needs interface_folders_project_id_id_key, and its on update cascade lets a folder that goes to
-- another project take along all that is below it.
-- Left out: idx_interface_folders_project_id and idx_interface_folders_parent_id, which
-- interface_folders_project_id_id_key and interface_folders_parent_id_project_id_idx serve.
-- depends: sisyphus_0003_projects common_0003_trees

create table sisyphus.interface_folders (
    id uuid default gen_random_uuid(),
    project_id uuid not null,
    parent_id uuid,
    name varchar(255) not null,
    sort_order integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint interface_folders_pkey primary key (id),
    constraint interface_folders_project_id_fkey
        foreign key (project_id) references sisyphus.projects (id) on delete cascade,
    constraint interface_folders_project_id_id_key unique (project_id, id),
    constraint interface_folders_parent_id_project_id_fkey
        foreign key (parent_id, project_id) references sisyphus.interface_folders (id, project_id)
        on update cascade
        on delete set null (parent_id)
);

-- What is directly below a folder, or at the top of a project, in its order.
create index interface_folders_parent_id_project_id_idx
    on sisyphus.interface_folders (parent_id, project_id, sort_order);

create trigger interface_folders_is_a_tree
    before insert or update of parent_id on sisyphus.interface_folders
    for each row execute function common.refuse_loop('parent_id', 'uuid');

create trigger interface_folders_set_updated_at
    before update on sisyphus.interface_folders
    for each row execute function common.set_updated_at();

comment on table sisyphus.interface_folders is
    'A folder in the tree of a project''s interfaces.';
comment on column sisyphus.interface_folders.parent_id is
    'Null at the top of the project, where a folder also goes when its parent is deleted.';
comment on column sisyphus.interface_folders.sort_order is
    'Place among the folders of the same parent, lowest first.';
