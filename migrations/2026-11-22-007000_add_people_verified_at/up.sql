-- When this server last saw that the address is its person's: a link mailed to it was followed. Null for one that was only typed.
alter table people add column verified_at timestamptz;
