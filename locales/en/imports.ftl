# What comes from elsewhere.
problem-import-none = No line of this file can become a ticket.
problem-import-many = At most { $max } tickets can be imported at once. Split the file.
problem-import-scope = There is no place “{ $scope }”. Write organisation, or project: and the key of a project, such as project:APP.
problem-import-lines = { $count ->
    [one] A line is wrong, so nothing was made. Line { $first }
   *[other] { $count } lines are wrong, so nothing was made. The first is line { $first }
 }
problem-import-word = “{ $word }” is not known as { $field }. Change it in the file, or leave it empty.
