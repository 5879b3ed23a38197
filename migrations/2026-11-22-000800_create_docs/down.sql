drop table doc_revisions, docs;
