# AI: what may leave, and what did.
ai-title = AI and data
ai-words = Which model provider this server speaks to, what may leave for it, and what left. Every request for an answer says that the provider shall not store it; texts for vectors have no such switch. What it keeps for its own checks is in its terms.
ai-connection = Connection
ai-connection-hint = Address, models and key are set by the operator in tow.yaml and the environment, not here.
ai-no-key-words = No key is set, so AI is off and everything else works. To switch it on, the operator sets
ai-no-key-rest = Until then nothing leaves.
ai-state-no-key = Not connected
ai-state-off = Switched off
ai-state-outage = Not answering
ai-state-failing = Last call failed
ai-state-unused = Not used yet
ai-state-working = Working
ai-provider = Provider
ai-reasoning-model = Model for answers
ai-fast-model = Model for short work
ai-title-model = Model for titles
ai-onboarding-model = Model for the first steps
ai-embedding-model = Search by meaning
ai-web = Web tools
ai-web-off = not connected: the operator sets EXA_API_KEY
ai-last-done = Last success
ai-last-failed = Last failure
ai-test = Test the connection
ai-tested = Result of the test
ai-test-answer = An answer from the fast model
ai-test-vectors = A vector from the embedding model
does-test-ai = Send a test to the model provider.
does-export-ai-calls = Export the ledger of AI calls.
does-change-ai-policy = Change what may leave for the model provider.
ai-policy = What may leave
ai-policy-read = Set by who may manage AI. A project can be stricter, never wider.
ai-policy-by = Last changed by { $name },
ai-level = Allowed
ai-level-hint = Whatever uses a model passes here first: search by meaning, chat and its web tools, and the test of the connection.
ai-tested-done = { $part }: { $milliseconds } ms
ai-calls-region = Table: calls
ai-level-all = Everything: answers, search by meaning, web tools
ai-level-no-web = Answers and search by meaning, no web tools
ai-level-embeddings = Search by meaning only: texts become vectors, no model answers
ai-level-off = Nothing: AI is off
ai-models = Models
ai-model-old = no longer in tow.yaml
ai-models-hint = With all of them ticked, a model that tow.yaml names later is allowed too.
ai-whom = Providers and assistants
ai-hosts = Only these providers, one host a line
ai-assistants = Only these assistants, one key a line
ai-hosts-hint = Leave empty to allow all. Where the organisation, a project and a group each have a list, only what is on every one of them may be used.
ai-masked-patterns = What fits these regular expressions, one a line
problem-ai-hosts = At most { $most } lines, each the name of a host such as api.openai.com, or host:port.
problem-ai-assistants = At most { $most } lines, each the key of an assistant: up to { $chars } small letters, digits, _ and -.
problem-ai-masked-patterns = At most { $most } lines of up to { $chars } characters each.
problem-ai-pattern = “{ $pattern }” is not a valid pattern: { $why }. Correct it or take the line out.
problem-ai-pattern-large = “{ $pattern }” takes too much memory. Make it simpler, with smaller numbers of repetitions.
problem-ai-pattern-empty = “{ $pattern }” can match nothing at all, so it would match everywhere. Make it require at least one character.
ai-monthly-tokens = Tokens a month
ai-person-monthly-tokens = Tokens a month for each person
ai-budget-hint = Leave empty for no limit. A month begins on its first day in UTC; a call under way when the last token is spent still ends.
ai-spent = { $tokens } tokens this month.
ai-budget-of = { $name }: { $spent } of { $limit } tokens this month
ai-budget-yours = You: { $spent } of { $limit } tokens this month
ai-masks = Mask before sending
ai-masks-addresses = E-mail addresses
ai-masks-secrets = What looks like a key, a token or a private key
ai-masked-words = These words, one a line
ai-masks-hint = The provider reads [e-mail address], [secret] or [masked] instead. Records here stay as they are.
problem-ai-masked-words = At most { $most } lines of { $least } to { $chars } characters each.
ai-private = Your private records
ai-private-words = Private records may leave for the provider only on your own behalf, never for anybody else. You can keep them here altogether.
ai-private-keep = Keep my private records away from AI
ai-project-words = What of this project may leave for the model provider. A project can only be stricter than the organisation.
ai-project-read = Set by the leads of the project.
ai-project-off-hint = Off: no text of this project’s records enters a prompt or is made into a vector, whoever asks.
ai-group-words = What may leave for the model provider on behalf of the people of { $name }, and of the group’s records. A group can only be stricter than the organisation.
ai-group-read = Set by who may manage AI.
ai-above-all = The organisation allows everything.
ai-above-no-web = The organisation allows no web tools.
ai-above-embeddings = The organisation allows search by meaning only.
ai-above-off = The organisation has AI switched off, so nothing leaves, whatever is chosen here.
ai-above-link = The organisation’s choice
ai-theirs = Saved meanwhile by somebody else, where it differs from yours:
problem-ai-archived = An archived project can only be made stricter. Bring it back to allow more.
problem-ai-stale = Somebody else changed this while you were editing. Your choices are in the form; save again to keep them instead of theirs.
problem-ai-no-model = Allow at least one model, or choose “Nothing” above.
problem-ai-tokens = Write a whole number up to { $max }, or leave it empty.
problem-ai-record = There is no record with this ID that you may see.
ai-calls-title = What left
ai-calls-words = Every call to the model provider, also those that were refused, with the records that went into it. The content is not kept here.
ai-calls-own-words = Your calls to the model provider, with the records that went into them. The content is not kept here.
ai-calls = Calls
ai-calls-none = Nothing has left yet
ai-calls-none-words = Each request to the model provider appears here before its first byte leaves: when, for whom, which model, which records, how much.
ai-calls-none-found = No calls match
ai-calls-none-found-words = Choose a longer time or clear a filter.
ai-stat-calls = Calls in 30 days
ai-stat-in = Tokens sent
ai-stat-out = Tokens received
ai-stat-refused = Refused here
ai-chart = Calls per day, last 30 days
ai-chart-answers = Answers
ai-chart-vectors = Vectors
ai-chart-web = Web
ai-chart-words = Calls per day of the last 30 days. Most on { $day } with { $calls }.
ai-chart-empty = No calls in the last 30 days.
ai-what = What for
ai-for = For
ai-for-all = everybody
ai-project = Project
ai-agent = Assistant
ai-model = Model
ai-record = With the record
ai-records = Records
ai-more-words = More records, or such that you may not see
ai-tokens = Tokens sent / received
ai-in = Tokens sent
ai-out = Tokens received
ai-size = Bytes sent
ai-outcome = Outcome
ai-attempt = try { $number }
ai-export-all = The whole ledger.
ai-export-own = Your calls.
ai-export-words = It holds names of people and IDs of records that you may see. The export is kept in the audit trail.
ai-sent-title = What was sent
ai-sent-words = The request as it left, for you and nobody else: no admin can open this page. It is kept for { $days ->
    [one] a day
   *[other] { $days } days
  }, and goes sooner when what it belongs to is deleted.
ai-sent-facts = The call
ai-sent-part-of = Belongs to
ai-sent-hash = SHA-256 of the request
ai-sent-exact = This is exactly what left: its SHA-256 is the one that the ledger wrote down before the first byte left.
ai-sent-changed = This is not what was sent: its SHA-256 differs from the ledger’s, so it was changed in the database. Tell whoever runs this server.
ai-sent-file = The request as a file
ai-sent-masks = What is marked is masked before it leaves: the provider reads the same words as you do here.
ai-sent-instructions = Instructions
ai-sent-person = You
ai-sent-material = Records
ai-sent-answer = An earlier answer
ai-sent-call = The model asked for a tool
ai-sent-tool = What the tool gave
ai-sent-thought = Thoughts of the model
ai-sent-thought-words = The model’s reasoning, returned encrypted and sent back so that it can continue. Only the provider can read it.
ai-sent-text = To be made into a vector
ai-sent-query = What the web was asked
ai-sent-address = The page that was asked for
ai-sent-of-web = a page of the web
ai-sent-gone = you can no longer open this record
ai-sent-tools = Tools it may ask for
ai-sent-shaped = The answer had to have a given shape; it stands in the file.
ai-sent-cut = There is more. The file has all of it.
ai-vectors = Search by meaning
ai-purpose-connection-test = Connection test
ai-purpose-passages = Search by meaning: passages
ai-purpose-agent = A run of an agent
ai-purpose-search = Search by meaning: a question
ai-outcome-open = Under way
ai-outcome-done = Completed
ai-outcome-refused = Refused here
ai-outcome-failed = Failed
ai-outcome-cut = Cut off
ai-outcome-cancelled = Stopped
ai-outcome-lost = Not known: the server stopped
ai-reason-no-key = no key
ai-reason-policy = policy
ai-reason-kept = private or removed record
ai-reason-model = model not allowed
ai-reason-host = provider not allowed
ai-reason-assistant = assistant not allowed
ai-reason-budget = budget used up
ai-reason-busy = too many at once
ai-reason-resting = pause after an outage
ai-reason-key = key refused
ai-reason-quota = provider’s account used up
ai-reason-rate = provider asked us to slow down
ai-reason-unknown-model = unknown model
ai-reason-request = request refused
ai-reason-too-much = too much text
ai-reason-server = provider’s fault
ai-reason-away = not reached
ai-reason-address = address not allowed
ai-reason-cut = ended in the middle
ai-reason-garbled = unreadable
ai-reason-too-long = too long
ai-reason-dimension = wrong vectors
ai-reason-declined = declined
ai-reason-cancelled = stopped
ai-reason-slow = took too long
ai-reason-no-interface = nothing there takes requests
ai-reason-redirected = sent elsewhere
ai-reason-web-tools-not-configured = no key for the web
ai-reason-private-address = address not of the web
ai-reason-masked-address = masked words in the address
ai-reason-no-page = no such page
ai-fault-no-key = AI is not connected because no key is set. Everything else works; the operator can add one.
ai-fault-policy = AI may not be used for this: the policy of { $about } forbids it.
ai-fault-policy-hidden = AI may not be used for this: the policy of a place whose records are in it forbids it.
ai-fault-kept = Nothing was sent: it would have included a private record that must not leave, or one that no longer exists. Leave that record out and ask again.
ai-fault-model = The model { $about } is not among those allowed here. Whoever manages AI can allow it under Settings, AI and data.
ai-fault-host = The provider { $about } is not among those allowed here. Whoever manages AI can allow it under Settings, AI and data.
ai-fault-assistant = The assistant { $about } is not among those allowed here. Choose another, or ask whoever manages AI to allow it.
ai-fault-budget = Your tokens of this month are used up. It starts again with the next month; whoever manages AI can raise the limit.
ai-fault-budget-of = This month’s tokens of { $about } are used up. It starts again with the next month; whoever manages AI can raise the limit.
ai-fault-busy = Too many requests are running. Try again in a moment.
ai-fault-resting = { $site ->
    [web] The web search provider
   *[model] The model provider
  } failed several times in a row and is left alone for { $seconds ->
    [one] a second
   *[other] { $seconds } seconds
  }. Try again then.
ai-fault-key = { $site ->
    [web] The web search provider
   *[model] The model provider
  } refuses the key of this server. The operator must set a valid one.
ai-fault-quota = The account at { $site ->
    [web] the web search provider
   *[model] the model provider
  } is used up. The operator must top it up there.
ai-fault-rate = { $site ->
    [web] The web search provider
   *[model] The model provider
  } asks us to slow down. Try again in { $seconds ->
    [one] a second
   *[other] { $seconds } seconds
  }.
ai-fault-rate-soon = { $site ->
    [web] The web search provider
   *[model] The model provider
  } asks us to slow down. Try again in a moment.
ai-fault-unknown-model = The model provider does not know a model that tow.yaml names. The operator must correct it.
ai-fault-request = { $site ->
    [web] The web search provider
   *[model] The model provider
  } does not accept this request. The server’s log has its word for it, under ai.call_failed.
ai-fault-too-much = This is more text than the model can read at once. Ask about less.
ai-fault-server = { $site ->
    [web] The web search provider
   *[model] The model provider
  } failed. Nothing is lost; try again in a moment.
ai-fault-away = { $site ->
    [web] The web search provider
   *[model] The model provider
  } could not be reached in time. Nothing is lost; try again in a moment.
ai-fault-address = This server may not call the address of { $site ->
    [web] the web search provider
   *[model] the model provider
  }: it is not https, or an address of this network that tow.yaml does not name.
ai-fault-cut = The answer broke off. Ask again for the whole of it.
ai-fault-garbled = The answer of { $site ->
    [web] the web search provider
   *[model] the model provider
  } could not be read. Try again.
ai-fault-too-long = The answer was too long to be accepted. Ask for less.
ai-fault-dimension = The embedding model gives vectors of { $about } numbers, which is not what embedding_dim says. The operator must correct tow.yaml.
ai-fault-declined = The model declined to answer this. Rephrase the question.
ai-fault-cancelled = Stopped.
ai-fault-slow = { $site ->
    [web] The web search provider
   *[model] The model provider
  } took longer than is waited for here. Nothing is lost; try again in a moment.
ai-fault-no-interface = Nothing at the address of the model provider takes such requests, or it does not know the model. The operator must look at openai_base_url, which usually ends in /v1, and at the names of the models.
ai-fault-web-off = Web tools are not connected: the operator has set no EXA_API_KEY. Everything else works.
ai-fault-private-address = This address was not fetched: it is not on the public web, contains a password, or belongs to this server or its network. Nothing was sent. Use a public address.
ai-fault-masked-address = This address has something in it that is masked before it leaves, so it was not fetched. Nothing was sent.
ai-fault-no-page = The page could not be read: it does not exist, or its site does not allow it. Check the address.
ai-fault-policy-web = The web may not be asked for this: the policy of { $about } forbids it.
ai-fault-policy-web-hidden = The web may not be asked for this: a policy that holds here forbids it.
ai-fault-too-much-web = This is too long: a web search or address may have at most { $about } characters. Nothing was sent. Shorten it.
ai-fault-no-interface-web = Nothing at the address of the web search provider takes such requests. The operator must look at exa_base_url.
ai-fault-redirected-web = The web search provider answers that it is somewhere else, where this server does not follow. The operator must set exa_base_url to its real address.
ai-fault-redirected = The model provider answers that it is somewhere else, where this server does not follow. The operator must set openai_base_url to its real address.
audit-did-ai-policy-changed = changed what may leave for AI
audit-did-ai-provider-approved = approved a provider of AI or web search
audit-did-ai-provider-list-ended = ended the list of approved providers of AI and web search
audit-did-ai-provider-withdrawn = withdrew the approval of a provider
audit-did-ai-connection-tested = tested the connection to the model provider
audit-did-ai-ledger-exported = exported the ledger of AI calls
