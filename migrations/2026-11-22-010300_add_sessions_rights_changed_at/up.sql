-- A session whose person's rights changed owes itself a new token: the next page it opens brings one, and the old one dies.
alter table sessions add column rights_changed_at timestamptz;
