#!/usr/bin/env bash
# Runs once, when the database of compose.yaml is made: the role of the server owns its database and is no superuser, so the two
# extensions are put in here.
set -euo pipefail
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\set password `cat /run/secrets/database_password`
CREATE ROLE tow LOGIN PASSWORD :'password';
CREATE DATABASE tow OWNER tow TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
\connect tow
CREATE EXTENSION vector;
CREATE EXTENSION pg_trgm;
SQL
