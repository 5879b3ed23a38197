files-title = Files
files-hint = Pictures, logs, drafts: whatever helps to understand this. Whoever sees the page sees its files.
files-choose = Choose files
files-attach = Attach
files-attached = { $count ->
    [one] File attached.
   *[other] { $count } files attached.
 }
file-remove = Remove { $name }
file-removed = File removed.
file-restored = The file is back.
file-bytes = { $count ->
    [one] 1 byte
   *[other] { $count } bytes
 }
problem-file-missing = Choose a file first.
problem-file-large = { $name } is larger than { $max } MB, which is the most this server takes. Nothing was stored. Make it smaller, or put it elsewhere and link to it.
problem-files-many = At most { $max } files at once. Nothing was stored; send them in parts.
refused-upload-order = This upload did not begin with the proof that it comes from one of our pages, so nothing was stored. Reload the page and send it again.
