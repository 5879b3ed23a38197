drop table practice_notes;
drop table review_rhythms;
drop table review_lines;
drop table reviews;
