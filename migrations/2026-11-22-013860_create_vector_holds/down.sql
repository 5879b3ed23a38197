drop table vector_holds;
