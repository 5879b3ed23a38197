continue = Continue
archive = Archive
restore = Restore
copy-link = Copy link
more-acts = More actions
record-archived = { $id } is archived.
record-restored = { $id } is back.
record-moved = Moved. Comments, files and history moved with it.
record-is-archived = This is archived: it is kept, but left out of lists and boards.
record-created = Created
record-created-by = Created by { $author }
record-changed = changed
bulk-archived = { $count ->
    [one] 1 record archived.
   *[other] { $count } records archived.
 }
bulk-restored = { $count ->
    [one] 1 record is back.
   *[other] { $count } records are back.
 }
problem-bulk-none = Select at least one row first.
problem-bulk-changed = One of them was changed since, so nothing was taken back. Change those that you mean.
problem-bulk-back = That does not fit the rows it was made for, so nothing was taken back.
problem-bulk-many = At most { $max } at a time.
problem-place = Choose one of the offered places.
problem-link-unknown = There is no record with that ID, or you cannot see it. IDs look like APP-42 or DEC-7.
view-saved = View saved. It is a tab of this list now.
view-removed = View removed.
links-title = Links
link-add = Link
link-kind = How
link-other = Which record
link-remove = Remove the link to { $id }
link-relates-to = Relates to
link-blocks = Blocks
link-blocks-inverse = Blocked by
link-duplicates = Duplicates
link-duplicates-inverse = Duplicated by
link-causes = Causes
link-causes-inverse = Caused by
link-supersedes = Supersedes
link-supersedes-inverse = Superseded by
backlinks-title = Mentioned in
watching-title = Watching
watching = Watching
watch = Watch
scope-organisation = Everybody in the organisation sees this.
scope-private = Private: only you see this.
scope-project = Seen by who can read { $name }.
scope-group = Seen by the group { $name }, owners and admins.
place-title = Move to another place
place-where = Where it belongs
place-hint = The next step shows how many people will see it there.
place-preview = It moves to: { $place }.
place-readers = { $now } people can read it now, { $then } afterwards.
place-confirm = Move it
place-organisation = Organisation: everybody
place-private = Private: only me
place-project = Project { $name }
place-group = Group { $name }
