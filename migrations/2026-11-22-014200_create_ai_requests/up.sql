-- What left in an AI action, word for word, for the person it was for and nobody else; it goes with the chat or run it belongs to.
create table ai_requests (
  call_id uuid constraint ai_requests_pkey primary key constraint ai_requests_call_id_fkey references ai_calls on delete cascade,
  record_id uuid not null constraint ai_requests_record_id_fkey references records on delete cascade,
  -- Of the record: an answer, a step of a run.
  part uuid not null,
  person_id uuid not null constraint ai_requests_person_id_fkey references people on delete cascade,
  at timestamptz not null,
  -- As it was sent, byte for byte: the ledger has its SHA-256.
  body text not null,
  -- Where passages stand in it, and of which records.
  marks jsonb not null
);
create index ai_requests_record_id_idx on ai_requests (record_id);
create index ai_requests_part_idx on ai_requests (part);
create index ai_requests_person_id_idx on ai_requests (person_id);
create index ai_requests_at_idx on ai_requests (at);
