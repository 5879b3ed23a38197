# The wiki.
nav-docs = Docs

refused-doc-removed = This page is in the bin. Put it back first, then change it.
refused-doc-below = A page below this one belongs to somebody else, so you cannot take it along. Move that page away first, or ask its author or an administrator.
problem-doc-parent-unknown = There is no such page in this place. Write its ID, such as DOC-12, or leave this empty for the top.
problem-doc-circle = A page cannot stand below itself or below one of its own pages.
problem-doc-depth = The tree has at most { $max } levels. Choose a page further up.
problem-doc-base = This text began from a revision of the page that does not exist. Copy it, load the page again and put it in there.
problem-doc-place = The page above lies in another place, which this page shares. Leave the place out, or name that one.
problem-doc-import-empty = There is no Markdown file in this. Files end in .md or .markdown.
problem-doc-import-many = At most { $max } pages can be imported at once. Import the folders one by one.

docs-new = New page
docs-import = Import Markdown
docs-tab-active = Pages
docs-empty = No pages yet
docs-empty-in = No pages in { $place }
docs-empty-words = A page keeps what people need to know: how things work, what was agreed, what to do when it breaks. Begin with an empty page or a template.
docs-none-archived = Nothing is archived
docs-none-archived-words = Pages that are no longer true can be archived: they are kept, but left out of lists and the tree.
doc-find = Find a page
doc-pages-under = Pages under { $title }
doc-open-to-see = Open to see its pages
doc-below = below { $title }
doc-saved-by = Last saved by { $name }
doc-place = Place
doc-place-all = Everywhere
doc-place-organisation = Organisation
doc-place-project = Project { $name }
doc-place-group = Group { $name }
doc-place-private = Private
doc-about = About this page
doc-outline = On this page
doc-visible-to = Visible to
doc-tags = Tags
doc-children = Pages below
doc-nothing = Nothing is written here yet.
doc-reading = { $minutes } min read
doc-new-below = New page below
doc-duplicate = Duplicate
doc-copy-of = Copy of { $title }
doc-copied = This is the copy. The pages below were not copied.
doc-move = Move
doc-change-place = Change who sees it
doc-make-private = Make private
doc-export = Export as Markdown
doc-delete = Delete
doc-archived = { $id } and the pages below are archived.
doc-restored = { $id } is back.
doc-removed = { $id } and the pages below are in the bin for 30 days.
doc-returned = { $id } is back from the bin.
doc-is-archived = This page is archived: it is kept, but left out of lists and the tree.
doc-is-removed = This page is in the bin. After 30 days it is deleted for good.
doc-return = Put back
doc-saved = Saved.
doc-moved = Moved.

doc-parent = Below which page
doc-parent-hint = The ID of a page, such as DOC-12. Leave it empty for the top of the place.
doc-icon = Symbol
doc-icon-page = Page
doc-icon-star = Star
doc-icon-flag = Flag
doc-icon-board = Board
doc-icon-calendar = Calendar
doc-icon-users = People
doc-icon-shield = Shield
doc-icon-building = Building
doc-icon-key = Key
doc-icon-chart = Chart
doc-icon-server = Server
doc-icon-mail = Letter
doc-text = Text in Markdown
doc-preview = Preview
doc-view = View
doc-view-write = Write
doc-view-both = Both
doc-view-preview = Preview
doc-markdown-hint = Markdown. [[Title]], APP-42 and @person become links.
doc-note = What changed (optional)
doc-create = Create page
doc-save = Save revision { $number }
doc-save-merged = Save the text below as revision { $number }
doc-starters = Begin with
doc-starter-blank = Empty page
doc-starter-decision-brief = Decision brief
doc-starter-meeting-notes = Meeting notes
doc-starter-runbook = Runbook

doc-race = { $name } saved revision { $number } while you were writing.
doc-race-system = Revision { $number } was saved while you were writing.
doc-race-clean = Your changes and theirs fit together. The text below has both: read it and save.
doc-race-clash = What fits together was merged into the text below. Where the two differ it has yours: choose, or change it by hand and save.
doc-race-legend = Struck out: theirs. Underlined: yours.
doc-race-more = and { $count } more places
doc-race-both = Show both texts whole
doc-race-mine = As you wrote it
doc-race-theirs = Revision { $number }

doc-revisions = Revisions
doc-revisions-words = Every save is kept. Choose two to compare, or open one to bring it back.
doc-revision = Revision { $number }
doc-revision-column = Revision
doc-revision-is = This is revision { $number }.
doc-revision-restored = Revision { $number } is the newest again.
doc-restored-from = Brought back revision { $number }.
doc-restore-revision = Bring this back
doc-author = Author
doc-when = When
doc-note-column = What changed
doc-system = System
doc-older = Older revisions
doc-compare = Compare
doc-compare-from = From
doc-compare-to = To
doc-compare-from-n = Compare from revision { $number }
doc-compare-to-n = Compare to revision { $number }
doc-compare-newest = Compare with the newest
doc-compared = From revision { $from } to revision { $to }
doc-compare-legend = Struck out: gone. Underlined: new. Only changed lines and their neighbours are shown.
doc-compare-same = The texts are the same.

doc-move-under = Below another page
doc-move-end = Where among its neighbours
doc-move-last = At the end
doc-move-first = At the beginning
doc-move-below = { $count ->
    [one] 1 page below moves along.
   *[other] { $count } pages below move along.
 }
doc-move-gain = { $count ->
    [0] Nobody new will see it.
    [one] 1 more person will see it.
   *[other] { $count } more people will see it.
 }
doc-move-lose = { $count ->
    [0] Nobody loses sight of it.
    [one] 1 person will no longer see it.
   *[other] { $count } people will no longer see it.
 }
doc-order = Order among its neighbours
doc-order-up = Move up
doc-order-down = Move down
doc-place-hint = The next step shows how many people gain or lose sight of it.
problem-doc-confirm = Confirm that other people will see it.

doc-bin = Bin
doc-bin-words = Deleted pages wait here for { $days } days, then they are gone for good.
doc-bin-empty = The bin is empty
doc-bin-empty-words = A page that you delete comes here first, with the pages below it.
doc-bin-back = Back to the pages
doc-bin-others = { $count ->
    [one] and 1 page below
   *[other] and { $count } pages below
 }
doc-removed-by = Deleted by { $name }
doc-gone-on = gone on

editor-format = Format
editor-placeholder = text
editor-bold = Bold
editor-italic = Italic
editor-heading = Heading
editor-list = List
editor-numbers = Numbered list
editor-tasks = Task list
editor-code = Code
editor-quote = Quote
editor-link = Link
editor-table = Table
editor-attach = Attach a file
