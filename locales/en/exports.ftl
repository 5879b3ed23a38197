# The whole organisation as one file.
problem-export-format = This is no export of TOW: it does not begin with "format": "tow-export" and a version.
problem-export-version = This export has version { $found }, and this program knows version { $known }. Use the program that fits the file. Nothing was changed.
problem-export-section = This export has a section “{ $name }” that this program does not know. A newer program made it. Nothing was changed.
problem-export-order = The section “{ $name }” does not stand where it must: what it names comes later. Some other program has rearranged the file. Nothing was changed.
problem-export-not-empty = Something is here already. An export comes back into an empty organisation only: right after set-up, or before it. Nothing was changed.
problem-export-json = The file is broken at line { $line }: { $why }. Nothing was changed.
problem-export-row = { $path } does not fit: { $why }. Nothing was changed.

# Its page.
export-title = Export
export-words = One JSON file with everything you may read here: people and groups, projects and who may be there, tickets, decisions, pages with all their revisions, comments, links, and what happened when. It comes back into an empty server as it was.
export-not-in-it = Not in it: other people’s private records, passwords and other secrets, the audit trail, and what is in the bin.
export-care = The file holds the company’s knowledge, and nothing protects it once it has left. Send it only through approved channels, and remove local copies after use.
export-with-uploads = With the content of attachments
export-with-uploads-hint = Without it, the file names them and leaves their content here.
export-ask = Make an export
export-asked = The export is being made. It appears here when it is ready.
export-yours = Your exports
export-none = You have made none yet. Nobody else sees the ones you make.
export-keep = A file is deleted { $hours } hours after you asked for it. A link holds ten minutes; load this page again for a fresh one. Each download is in the audit trail.
export-download = Download
export-has-uploads = with attachments
export-status-waiting = being made
export-status-ready = ready
export-status-failed = could not be made; try again
export-status-gone = deleted
export-link-over = That link is over: it holds ten minutes, in the session it was made for. Here is a fresh one.
problem-export-waiting = An export of yours is being made. Wait until it is ready.
does-export = Make an export of the whole organisation.
