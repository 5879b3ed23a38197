drop table vectors, vector_sets, passages;
