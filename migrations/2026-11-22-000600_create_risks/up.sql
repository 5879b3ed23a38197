-- What may go wrong, how likely and how badly, and what is done about it; and who closed a risk, because that is argued about.
create table risks (
  id uuid constraint risks_pkey primary key constraint risks_id_fkey references records on delete cascade,
  status text not null constraint risks_status_check
    check (status in ('open', 'mitigating', 'accepted', 'mitigated', 'materialised', 'closed')),
  category text not null default '' constraint risks_category_check check (char_length(category) <= 40),
  description text not null default '',
  mitigation text not null default '',
  contingency text not null default '',
  likelihood smallint not null constraint risks_likelihood_check check (likelihood between 1 and 5),
  impact smallint not null constraint risks_impact_check check (impact between 1 and 5),
  score smallint not null generated always as (likelihood * impact) stored,
  owner_id uuid constraint risks_owner_id_fkey references people,
  review_on date
);
create index risks_owner_id_idx on risks (owner_id);
create index risks_review_on_idx on risks (review_on);
create index risks_score_idx on risks (score);

create table risk_closures (
  risk_id uuid constraint risk_closures_pkey primary key constraint risk_closures_risk_id_fkey references risks on delete cascade,
  closed_by_id uuid constraint risk_closures_closed_by_id_fkey references people,
  closed_at timestamptz not null,
  note text not null default '' constraint risk_closures_note_check check (octet_length(note) <= 1048576),
  -- Where reopening leads back to.
  status_before text not null constraint risk_closures_status_before_check
    check (status_before in ('open', 'mitigating', 'accepted', 'mitigated', 'materialised'))
);
create index risk_closures_closed_by_id_idx on risk_closures (closed_by_id);
