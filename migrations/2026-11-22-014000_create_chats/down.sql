alter table chats drop constraint chats_head_id_fkey;
drop table chat_actions;
drop table chat_searches;
drop table chat_pages;
drop table chat_turns;
alter table records drop constraint records_chat_check;
drop table chats;
drop table assistants;
