# What comes from elsewhere.
problem-import-none = No line of this file can become a ticket.
problem-import-many = At most { $max } tickets can be imported at once. Split the file.
problem-import-scope = There is no place “{ $scope }”. Write organisation, or project: and the key of a project, such as project:APP.
problem-import-lines = { $count ->
    [one] A line is wrong, so nothing was made. Line { $first }
   *[other] { $count } lines are wrong, so nothing was made. The first is line { $first }
 }
problem-import-word = “{ $word }” is not known as { $field }. Change it in the file, or leave it empty.
problem-import-unlinked = Not taken along: no page links to it.
problem-import-large = Not taken along: it is larger than { $max } MB, the most that a file may have here.
problem-import-enclosed = Pages link to { $count } files; at most { $max } can be taken along at once. Import the folders one by one.
problem-import-total = These files hold more than { $max } MB. Send them in parts.
problem-import-over = The file is no longer here: uploads wait for an hour, and a newer one replaces them. Choose it again.
problem-import-skip = { $count ->
    [one] A line is wrong. Say that it may be left out, or mend it and choose the file again.
   *[other] { $count } lines are wrong. Say that they may be left out, or mend them and choose the file again.
 }

# Its pages.
import-title = Import
import-words = Bring in what you have elsewhere. You look at it first, with every problem named, and nothing is made until you say so.
import-docs = Pages from Markdown
import-docs-hint = A zip of a folder, or up to twenty Markdown files. Folders become pages above their files, and links between the files are kept. Pictures and other files that a page links to are attached to it.
import-tickets = Tickets from a table
import-tickets-hint = A CSV file whose first line names its columns; a title is enough. Tables from the usual trackers are understood as they are.
import-file = File
import-look = Look at it
import-look-hint = Nothing is made yet.
import-looked = What it holds
import-nothing-yet = Nothing has been made yet.
import-no-place = There is no project you may write to. Make one, or ask for the role member in one.
import-other-file = Another file
import-left-out = Left out
import-tree = Pages
import-docs-count = { $count ->
    [one] 1 page
   *[other] { $count } pages
 }
import-docs-make = { $count ->
    [one] Make 1 page
   *[other] Make { $count } pages
 }
import-docs-made = { $count ->
    [one] 1 page was made.
   *[other] { $count } pages were made.
 }
import-docs-made-without = { $count ->
    [one] 1 page was made.
   *[other] { $count } pages were made.
 } Not taken along: { $names }{ $more ->
    [0] .
   *[other] {" "}and { $more } more.
 }
import-tickets-count = { $count ->
    [one] 1 ticket
   *[other] { $count } tickets
 }
import-tickets-make = { $count ->
    [one] Make 1 ticket
   *[other] Make { $count } tickets
 }
import-tickets-made = { $count ->
    [one] 1 ticket was made.
   *[other] { $count } tickets were made.
 }
import-columns = Columns taken: { $columns }.
import-passed-over = Columns passed over, because they mean nothing here: { $columns }.
import-unknown-people = Not known here, so their tickets will have no assignee: { $people }.
import-new-labels = New labels: { $labels }.
import-bad-lines = { $count ->
    [one] 1 line is wrong
   *[other] { $count } lines are wrong
 }
import-line = Line { $line }
import-skip = { $count ->
    [one] Leave out the wrong line
   *[other] Leave out the { $count } wrong lines
 }
import-first = The first of them
