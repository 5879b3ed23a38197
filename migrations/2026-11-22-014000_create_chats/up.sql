-- Conversations of one person with a model: questions and their answers as a tree, and what an answer would like to do or look up.
create table assistants (
  id uuid constraint assistants_pkey primary key,
  organisation_id uuid not null constraint assistants_organisation_id_fkey references organisations,
  name text not null constraint assistants_name_check check (char_length(name) between 1 and 80),
  instructions text not null constraint assistants_instructions_check check (octet_length(instructions) <= 16384),
  -- What it reads unless the person chooses otherwise.
  sources text[] not null,
  version integer not null default 1,
  updated_by_id uuid constraint assistants_updated_by_id_fkey references people,
  updated_at timestamptz not null,
  archived_at timestamptz
);
create unique index assistants_organisation_id_name_key on assistants (organisation_id, lower(name)) where archived_at is null;
create index assistants_updated_by_id_idx on assistants (updated_by_id);

create table chats (
  id uuid constraint chats_pkey primary key constraint chats_id_fkey references records on delete cascade,
  -- What it is about, which is no scope: a chat is its person's alone.
  project_id uuid constraint chats_project_id_fkey references projects on delete set null,
  -- A built-in key, or the id of one of the organisation's own.
  assistant text not null,
  sources text[] not null,
  -- Whether a person named it; then no model does.
  is_named boolean not null default false,
  starred_at timestamptz,
  -- The last turn of the branch that is shown.
  head_id uuid
);
create index chats_project_id_idx on chats (project_id);
create index chats_head_id_idx on chats (head_id);
alter table records add constraint records_chat_check check (kind <> 'chat' or scope = 'user');

-- A question and its answer. Asking again or otherwise makes a sibling under the same parent.
create table chat_turns (
  id uuid constraint chat_turns_pkey primary key,
  chat_id uuid not null constraint chat_turns_chat_id_fkey references chats on delete cascade,
  parent_id uuid constraint chat_turns_parent_id_fkey references chat_turns on delete cascade,
  assistant text not null,
  sources text[] not null,
  question text not null constraint chat_turns_question_check check (octet_length(question) between 1 and 32768),
  asked_at timestamptz not null,
  state text not null constraint chat_turns_state_check check (state in ('running', 'waiting', 'done', 'stopped', 'failed')),
  -- Markdown; grows while it runs.
  answer text not null default '' constraint chat_turns_answer_check check (octet_length(answer) <= 524288),
  model text not null default '',
  -- Whose text went into it. No keys: an answer outlives what it was made from, and is then told so.
  records uuid[] not null default '{}',
  -- Why there is no answer, as the ledger says it, and what that word is about.
  reason text,
  about text not null default '',
  -- Words of the person: other instances see here that it shall stop.
  is_stopping boolean not null default false,
  -- The server that answers it says so every few seconds.
  alive_at timestamptz not null,
  finished_at timestamptz,
  constraint chat_turns_finished_at_check check ((finished_at is null) = (state = 'running'))
);
create index chat_turns_chat_id_idx on chat_turns (chat_id, asked_at, id);
create index chat_turns_parent_id_idx on chat_turns (parent_id);
create index chat_turns_alive_at_idx on chat_turns (alive_at) where state = 'running';
alter table chats add constraint chats_head_id_fkey foreign key (head_id) references chat_turns on delete set null;

-- Pages of the web that an answer was made from.
create table chat_pages (
  id uuid constraint chat_pages_pkey primary key,
  turn_id uuid not null constraint chat_pages_turn_id_fkey references chat_turns on delete cascade,
  -- As the answer cites it: W1.
  number integer not null,
  title text not null,
  address text not null,
  published_on date,
  constraint chat_pages_turn_id_number_key unique (turn_id, number)
);

-- Words that an answer wants to look up in the web, which wait for the person's click.
create table chat_searches (
  id uuid constraint chat_searches_pkey primary key,
  turn_id uuid not null constraint chat_searches_turn_id_fkey references chat_turns on delete cascade,
  query text not null,
  state text not null constraint chat_searches_state_check check (state in ('asked', 'allowed', 'refused')),
  asked_at timestamptz not null
);
create index chat_searches_turn_id_idx on chat_searches (turn_id, asked_at);

-- What an answer would do: nothing happens before the person applies it.
create table chat_actions (
  id uuid constraint chat_actions_pkey primary key,
  turn_id uuid not null constraint chat_actions_turn_id_fkey references chat_turns on delete cascade,
  position integer not null,
  kind text not null constraint chat_actions_kind_check check (kind in ('create_ticket', 'change_ticket', 'write_comment', 'keep_memory')),
  fields jsonb not null,
  state text not null constraint chat_actions_state_check check (state in ('pending', 'applied', 'dismissed')),
  decided_at timestamptz,
  -- What came of it.
  result_id uuid constraint chat_actions_result_id_fkey references records on delete set null,
  constraint chat_actions_decided_at_check check ((decided_at is null) = (state = 'pending'))
);
create index chat_actions_turn_id_idx on chat_actions (turn_id, position);
create index chat_actions_result_id_idx on chat_actions (result_id);
