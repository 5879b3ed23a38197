-- The web is asked through the same gate as models, and stands in the same ledger.
alter table ai_calls drop constraint ai_calls_endpoint_check;
alter table ai_calls add constraint ai_calls_endpoint_check
  check (endpoint in ('responses', 'stream', 'embeddings', 'web_search', 'web_fetch'));
