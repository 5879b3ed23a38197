drop table ai_requests;
