-- A record is found by its display ID alone, and without this by the index of its trigrams: 14 ms among a million.
create index records_display_id_idx on records (display_id);
