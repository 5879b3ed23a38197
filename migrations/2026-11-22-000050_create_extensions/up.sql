-- Trigram search for typos and parts of words; vectors for meaning (used from the AI rooms on, asked for now so that an
-- administrator needs to be called once).
create extension if not exists pg_trgm;
create extension if not exists vector;
