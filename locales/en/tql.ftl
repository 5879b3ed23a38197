tql = TQL
tql-label = Query in TQL
tql-open = Ask in TQL, starting from this list
tql-close = Simple filter
tql-ask = Ask
tql-help = A condition is a field, an operator and a value: status = todo AND due < 7d ORDER BY priority. Press the down arrow for suggestions.
tql-not-asked = Nothing is listed
tql-too-long = Character { $at }: a query has at most { $max } bytes.
tql-too-slow = This takes too long over so many tickets, so it was stopped. Narrow it: name a project, an assignee, a status, or a time such as updated > -4w.
tql-quote-open = Character { $at }: this quote is never closed.
tql-stray = Character { $at }: “{ $word }” is no operator. Write != or NOT.
tql-deep = Character { $at }: there are more than { $max } parentheses within each other.
tql-many = Character { $at }: a query has at most { $max } conditions.
tql-values = Character { $at }: a list has at most { $max } values.
tql-orders = Character { $at }: ORDER BY takes at most { $max } fields.
tql-names = Character { $at }: a query names at most { $max } people and groups.
tql-by = Character { $at }: BY is missing after ORDER.
tql-close-extra = Character { $at }: this parenthesis was never opened.
tql-close-missing = Character { $at }: a closing parenthesis is missing.
tql-joint = Character { $at }: before “{ $word }” AND, OR or ORDER BY is missing. A value of several words needs quotes.
tql-order-end = Character { $at }: after a field to order by, only ASC, DESC or a comma can follow, not “{ $word }”.
tql-field-missing = Character { $at }: a condition is missing here, such as status = todo.
tql-order-missing = Character { $at }: the field to order by is missing.
tql-operator-missing = Character { $at }: after “{ $field }” an operator is missing, such as =, != or IN.
tql-in = Character { $at }: after NOT, IN is missing: NOT IN (a, b).
tql-empty = Character { $at }: after IS only EMPTY or NOT EMPTY can follow. To compare, write =.
tql-list = Character { $at }: after IN comes a list in parentheses: IN (a, b).
tql-list-end = Character { $at }: the list needs a comma between its values, and a closing parenthesis.
tql-value-missing = Character { $at }: a value is missing after { $after }.
tql-reserved = Character { $at }: a value is missing after { $after }. If “{ $word }” is meant as one, put it in quotes.
tql-call-end = Character { $at }: { $word }( needs a closing parenthesis, and at most one value in it.
tql-twice = Character { $at }: “{ $word }” stands there twice.
tql-field = Character { $at }: there is no field “{ $word }”.
tql-field-near = Character { $at }: there is no field “{ $word }”. Did you mean { $near }?
tql-operator = Character { $at }: { $field } does not have this operator. It has { $choices }
tql-never-empty = Character { $at }: { $field } is never empty.
tql-history = Character { $at }: what { $field } was before is not kept; WAS and CHANGED work on status, priority, assignee, type, due, start and estimate.
tql-choice = Character { $at }: { $field } is never “{ $word }”. It is one of { $choices }.
tql-choice-near = Character { $at }: { $field } is never “{ $word }”. Did you mean { $near }?
tql-number = Character { $at }: { $field } is a whole number from { $least } to { $most }, not “{ $word }”.
tql-time = Character { $at }: “{ $word }” is no time. { $field } takes 2027-01-31, -7d, +2w, today() or startOfMonth().
tql-words = Character { $at }: there is no word in it to look for.
tql-person = Character { $at }: { $why }
tql-nobody-asks = Character { $at }: nobody in person asks here, so there is no “me”.
tql-group = Character { $at }: there is no group “{ $word }”.
tql-group-hidden = Character { $at }: who is in a group is not for who asks here.
tql-minus = Character { $at }: to leave tickets out, write AND { $field } !~ and the word.
tql-project = Character { $at }: there is no project “{ $word }” that you can see.
tql-record = Character { $at }: there is no “{ $word }” that you can see.
tql-flag = Character { $at }: { $field } is true or false.
tql-function = Character { $at }: there is no function { $word }() for this. There are { $choices }().
tql-function-near = Character { $at }: there is no function { $word }() for this. Did you mean { $near }()?
tql-function-args = Character { $at }: what is in the parentheses of { $near }() is not understood. A start or end takes how far from now: { $near }(-1w).
tql-function-here = Character { $at }: { $word }() is no value of this field.
tql-unordered = Character { $at }: a list can't be ordered by { $field }. It can by { $choices }.
tql-scope = Character { $at }: { $field } is what people say; this key does not have { $scope }.
