-- That a list of approved providers was begun: from then on no other is called, also when the last approval was withdrawn, until somebody ends the list.
create table provider_lists (
  organisation_id uuid constraint provider_lists_pkey primary key
    constraint provider_lists_organisation_id_fkey references organisations,
  begun_at timestamptz not null
);
insert into provider_lists (organisation_id, begun_at)
select organisation_id, min(approved_at) from provider_approvals group by organisation_id;
