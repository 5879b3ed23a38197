leaving-title = Leaving: { $name }
leaving-crumb = Leaving
leaving-what-stays = What they leave behind
leaving-words = What opens doors for them, and what waits for them. What you may not see is not counted here.
leaving-held = The company's directory shut them out:
leaving-deactivated = They may not sign in any more, since:
leaving-active = They may still sign in. Deactivating them ends their sessions and personal tokens at once.
leaving-open = Their page
leaving-doors = What opens doors
leaving-doors-words = A key of the organisation, or a token of the directory, that they made was shown to them. Programs that use it stop when it ends: make its successor first.
leaving-doors-none = No session, token or key that you can see opens anything for them.
leaving-keys-legend = To be ended
leaving-keys-end = End these now
leaving-keys-ended = { $count ->
    [one] One of their keys or sessions is ended.
   *[other] { $count } of their keys and sessions are ended.
 }
leaving-look = See { $what }
leaving-plain-sessions = their sessions
leaving-plain-tokens = their tokens
leaving-plain-keys = the keys of the organisation
leaving-plain-directory = the tokens of the directory
leaving-sessions = { $count ->
    [one] One open session
   *[other] { $count } open sessions
 }
leaving-tokens = { $count ->
    [one] One personal token
   *[other] { $count } personal tokens
 }
leaving-keys = { $count ->
    [one] One API key of the organisation that they made
   *[other] { $count } API keys of the organisation that they made
 }
leaving-directory = { $count ->
    [one] One token of the directory that they made
   *[other] { $count } tokens of the directory that they made
 }
leaving-elsewhere = Settled on other pages
leaving-factors = { $count ->
    [one] One passkey or code
   *[other] { $count } passkeys and codes
 }
leaving-links = { $count ->
    [one] One way in through a provider
   *[other] { $count } ways in through providers
 }
leaving-keeper = { $count ->
    [one] Named for the emergency entrance
   *[other] Named { $count } times for the emergency entrance
 }
leaving-groups = { $count ->
    [one] In one group
   *[other] In { $count } groups
 }
leaving-agents = { $count ->
    [one] One agent runs for them
   *[other] { $count } agents run for them
 }
leaving-streams = { $count ->
    [one] One stream of the audit trail that they set up
   *[other] { $count } streams of the audit trail that they set up
 }
leaving-work = What waits for them
leaving-work-words = Open, and given to them. It goes to one person in one step; whoever gets it is told once by mail.
leaving-work-none = Nothing that you can see waits for them.
leaving-work-legend = To be handed over
leaving-count-ticket = { $count ->
    [one] One ticket
   *[other] { $count } tickets
 }
leaving-count-risk = { $count ->
    [one] One risk
   *[other] { $count } risks
 }
leaving-count-experiment = { $count ->
    [one] One experiment
   *[other] { $count } experiments
 }
leaving-count-project = { $count ->
    [one] One project to lead
   *[other] { $count } projects to lead
 }
leaving-more = and { $count } more
leaving-cut = One step takes { $max } of a kind. Do it again for the rest.
leaving-to = Goes to
leaving-hand-over = Hand over
leaving-written = What they wrote
leaving-written-words = It stays, under their name. History never changes.
leaving-outcome = Handed over to { $name }
leaving-outcome-crumb = Handed over
leaving-done = Went
leaving-done-words = { $name } has it now and got one mail about all of it.
leaving-done-none = Nothing went.
leaving-left = Stayed
leaving-left-not-yours = You may not change it.
leaving-left-unseen = { $name } may not see it. Give them access first.
leaving-back = Back to the list
problem-leaving-what = Choose at least one line.
problem-leaving-same = Choose somebody else than the person who leaves.
problem-leaving-nothing = None of that is open any more. Look at the list again.
does-hand-over-work = Hand over the open work of @{ $handle }.
does-end-keys = End sessions, tokens and keys of @{ $handle }.
mail-handover-subject = { $count ->
    [one] Work was handed over to you
   *[other] { $count } things were handed over to you
 }
mail-handover-words = { $by } handed over to you what waited for { $name }:
mail-handover-link = See your tickets
