#!/usr/bin/env bash
# What the recorder saw over the test suite: runs every test and adds up what the local providers were asked.
#   bench/recorded.sh
set -euo pipefail
cd "$(dirname "$0")/.."
rm -f target/recorded.txt
TEST_DATABASE_URL=${TEST_DATABASE_URL:-$(bin/testdb start | tail -1)} TOW_RECORD=1 cargo test --locked --test tow
awk '{ asked += $1; kept += $2; vectors += $3 }
  END { printf "%d requests for an answer, %d with store other than false; %d for vectors; %d providers\n", asked, kept, vectors, NR }' target/recorded.txt
cargo test --locked --test tow -- --nocapture in_random_worlds_no_passage 2> /dev/null | grep "worlds,"
