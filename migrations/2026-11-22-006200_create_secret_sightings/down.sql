drop table secret_sightings;
