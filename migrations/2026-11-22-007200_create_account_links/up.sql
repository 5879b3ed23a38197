-- Links in mails with which one sets a password, confirms an address, or makes one's own account; known by their hash alone.
create table account_links (
  -- SHA-256 of the token in the link; the token itself is nowhere.
  token_hash bytea constraint account_links_pkey primary key,
  purpose text not null constraint account_links_purpose_check check (purpose in ('reset', 'email', 'sign_up')),
  -- Null for who has no account yet.
  person_id uuid constraint account_links_person_id_fkey references people,
  -- The address that the mail went to.
  email text not null constraint account_links_email_check check (email = lower(email)),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  constraint account_links_person_check check ((purpose = 'sign_up') = (person_id is null))
);
create index account_links_person_id_idx on account_links (person_id);
create index account_links_expires_at_idx on account_links (expires_at);
