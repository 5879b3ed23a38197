-- Who has which access, looked through line by line, and the outcome of it; and what admins write down about how this server is run.
create table reviews (
  id uuid constraint reviews_pkey primary key,
  organisation_id uuid not null constraint reviews_organisation_id_fkey references organisations,
  -- Null: begun by the clock.
  started_by_id uuid constraint reviews_started_by_id_fkey references people,
  started_at timestamptz not null,
  due_on date not null,
  reminded_at timestamptz,
  signed_by_id uuid constraint reviews_signed_by_id_fkey references people,
  signed_at timestamptz,
  finding text not null default '',
  constraint reviews_signed_check check ((signed_by_id is null) = (signed_at is null))
);
-- One at a time.
create unique index reviews_organisation_id_open_key on reviews (organisation_id) where signed_at is null;
create index reviews_organisation_id_idx on reviews (organisation_id, started_at desc);
create index reviews_started_by_id_idx on reviews (started_by_id);
create index reviews_signed_by_id_idx on reviews (signed_by_id);

-- As it was when the review began; what is revoked is revoked in the room it belongs to.
create table review_lines (
  id uuid constraint review_lines_pkey primary key,
  review_id uuid not null constraint review_lines_review_id_fkey references reviews on delete cascade,
  position integer not null,
  kind text not null,
  subject text not null,
  what text not null,
  detail text not null,
  since timestamptz,
  last_used_at timestamptz,
  -- Whose access it is, where that is a person.
  person_id uuid constraint review_lines_person_id_fkey references people,
  -- What the room needs to find it again.
  reference jsonb not null,
  answer text constraint review_lines_answer_check check (answer in ('confirmed', 'revoked', 'gone')),
  answered_by_id uuid constraint review_lines_answered_by_id_fkey references people,
  answered_at timestamptz,
  constraint review_lines_answered_check check ((answer is null) = (answered_at is null)),
  constraint review_lines_review_id_position_key unique (review_id, position)
);
create index review_lines_person_id_idx on review_lines (person_id);
create index review_lines_answered_by_id_idx on review_lines (answered_by_id);

-- How often the clock begins one; no row: by hand only.
create table review_rhythms (
  organisation_id uuid constraint review_rhythms_pkey primary key
    constraint review_rhythms_organisation_id_fkey references organisations,
  every_months integer not null constraint review_rhythms_every_months_check check (every_months between 1 and 24),
  changed_at timestamptz not null
);

-- What only people know: where each part runs and who answers for it, what may be lost, when it was last tried.
create table practice_notes (
  organisation_id uuid not null constraint practice_notes_organisation_id_fkey references organisations,
  key text not null,
  text text not null constraint practice_notes_text_check check (char_length(text) between 1 and 2000),
  changed_by_id uuid constraint practice_notes_changed_by_id_fkey references people,
  changed_at timestamptz not null,
  constraint practice_notes_pkey primary key (organisation_id, key)
);
create index practice_notes_changed_by_id_idx on practice_notes (changed_by_id);
