//! The one integration binary. The text of a test lives in the folder of what it tests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that panics has said what is wrong"
)]

#[allow(dead_code, reason = "the world and its clients are there for tests to come")]
mod harness;

mod architecture;
mod debug;
mod doors;
mod forms;
mod doors_api;
mod gallery;
mod matrix;
mod migrations;
mod requirements;
mod smoke;

#[path = "../src/cli/tls_tests.rs"]
mod cli_tls_tests;
#[path = "../src/cli/tests.rs"]
mod cli_tests;
#[path = "../src/cli/eval/tests.rs"]
mod cli_eval_tests;
#[path = "../src/config/secret_tests.rs"]
mod config_secret_tests;
#[path = "../src/config/tests.rs"]
mod config_tests;
#[path = "../src/db/sealed_tests.rs"]
mod sealed_tests;
#[path = "../src/db/embedded_tests.rs"]
mod embedded_tests;
#[path = "../src/queue/tests.rs"]
mod queue_tests;
#[path = "../src/net/tests.rs"]
mod net_tests;
#[path = "../src/telemetry/tests.rs"]
mod telemetry_tests;
#[path = "../src/storage/tests.rs"]
mod storage_tests;
#[path = "../src/text/tests/mod.rs"]
mod text_tests;
#[path = "../src/projects/tests.rs"]
mod projects_tests;
#[path = "../src/members/tests.rs"]
mod members_tests;
#[path = "../src/members/roles_tests.rs"]
mod roles_tests;
#[path = "../src/settings/server_tests.rs"]
mod settings_server_tests;
#[path = "../src/settings/tests.rs"]
mod settings_tests;
#[path = "../src/leaving/tests.rs"]
mod leaving_tests;
#[path = "../src/fleet/tests.rs"]
mod fleet_tests;
#[path = "../src/files/tests.rs"]
mod files_tests;
#[path = "../src/comments/tests.rs"]
mod comments_tests;
#[path = "../src/vectors/tests/mod.rs"]
mod vectors_tests;
#[path = "../src/search/tests.rs"]
mod search_tests;
#[path = "../src/exports/tests.rs"]
mod exports_tests;
#[path = "../src/imports/tests.rs"]
mod imports_tests;
#[path = "../src/setup/accounts_tests.rs"]
mod setup_accounts_tests;
#[path = "../src/boards/tests.rs"]
mod boards_tests;
#[path = "../src/decisions/tests.rs"]
mod decisions_tests;
#[path = "../src/related/tests.rs"]
mod related_tests;
#[path = "../src/tql/tests.rs"]
mod tql_tests;
#[path = "../src/tickets/tests.rs"]
mod tickets_tests;
#[path = "../src/docs/tests.rs"]
mod docs_tests;
#[path = "../src/risks/tests.rs"]
mod risks_tests;
#[path = "../src/memory/tests.rs"]
mod memory_tests;
#[path = "../src/diffs/tests.rs"]
mod diffs_tests;
#[path = "../src/agents/tests.rs"]
mod agents_tests;
#[path = "../src/agents/run_tests.rs"]
mod agents_run_tests;
#[path = "../src/chat/tests/mod.rs"]
mod chat_tests;
#[path = "../src/snapshots/tests.rs"]
mod snapshots_tests;
#[path = "../src/experiments/tests.rs"]
mod experiments_tests;
#[path = "../src/access/tests.rs"]
mod access_tests;
#[path = "../src/audit/tests.rs"]
mod audit_tests;
#[path = "../src/db/tests.rs"]
mod db_tests;
#[path = "../src/people/tests.rs"]
mod people_tests;
#[path = "../src/setup/tests.rs"]
mod setup_tests;
#[path = "../src/signin/confirmation_tests.rs"]
mod signin_confirmation_tests;
#[path = "../src/vault_tests.rs"]
mod vault_tests;
#[path = "../src/signin/renewal_tests.rs"]
mod signin_renewal_tests;
#[path = "../src/scim/tests/mod.rs"]
mod scim_tests;
#[path = "../src/tokens/tests.rs"]
mod tokens_tests;
#[path = "../src/tokens/api_tests.rs"]
mod tokens_api_tests;
#[path = "../src/tokens/description_tests.rs"]
mod tokens_description_tests;
#[path = "../src/signin/factor_tests.rs"]
mod signin_factor_tests;
#[path = "../src/sso/tests/mod.rs"]
mod sso_tests;
#[path = "../src/signin/tests.rs"]
mod signin_tests;
#[path = "../src/ui/tests.rs"]
mod ui_tests;
#[path = "../src/web/tests.rs"]
mod web_tests;
#[path = "../src/reviews/tests.rs"]
mod reviews_tests;
#[path = "../src/ai/tests/mod.rs"]
mod ai_tests;
#[path = "../src/trail/tests.rs"]
mod trail_tests;
#[path = "../src/trail/stream_tests.rs"]
mod trail_stream_tests;
#[path = "../src/health/tests.rs"]
mod health_tests;
#[path = "../src/backups/tests.rs"]
mod backups_tests;
#[path = "../src/cli/demo/tests.rs"]
mod demo_tests;
#[path = "../src/exports/web_tests.rs"]
mod exports_web_tests;
#[path = "../src/imports/web_tests.rs"]
mod imports_web_tests;
#[path = "../src/mail/tests.rs"]
mod mail_tests;
#[path = "../src/claims/tests/mod.rs"]
mod claims_tests;
#[path = "../src/invitations/tests.rs"]
mod invitations_tests;
#[path = "../src/account/tests.rs"]
mod account_tests;
