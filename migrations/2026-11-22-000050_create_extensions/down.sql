-- The extensions stay: another schema of this database may use them, and only an administrator could bring them back.
select 1;
