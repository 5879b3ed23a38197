delete from ai_calls where endpoint in ('web_search', 'web_fetch');
alter table ai_calls drop constraint ai_calls_endpoint_check;
alter table ai_calls add constraint ai_calls_endpoint_check check (endpoint in ('responses', 'stream', 'embeddings'));
