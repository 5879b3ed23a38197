# What a value, a file or an imported line may not be. Each message says what to do.

problem-title-missing = Write a title.
problem-name-missing = Write a name.
problem-tag-missing = Write a tag.
problem-tag-comma = Leave the comma out of the tag, or write two tags.
problem-too-long = Shorten this to { $max } characters.
problem-body-too-long = This text has { $size } KB; at most { $max } KB can be saved. Split it into several, or attach it as a file.
problem-nul = This text contains a zero character, which cannot be saved. Copy it again as plain text.
problem-control-character = Remove the invisible control character from this line.
problem-email-missing = Write an email address.
problem-email-wrong = This is not an email address. Write it as name@example.org.
problem-key-wrong = Use { $min } to { $max } capital letters or digits, starting with a letter.
problem-key-reserved = { $key } is kept for the server’s own IDs. Choose another key.

problem-path-absolute = The path begins outside the folder, so the file was left out.
problem-path-climbs = The path leads out of the folder with “..”, so the file was left out.
problem-path-unreadable = The name cannot be read, so the file was left out. Rename it and import it again.
problem-path-too-long = The path has more than { $parts } folders or { $max } bytes, so the file was left out. Move the file up.
problem-path-twice = This path occurs twice; only the first file was taken.
problem-not-utf8 = This file is not UTF-8 text: the byte at position { $offset } does not fit. Save it as UTF-8 and import it again.
problem-file-too-large = This file is larger than { $max } MB, so it was left out.
problem-file-unreadable = This file could not be read. Check that it still exists and that the server may read it.
problem-folder-unreadable = A part of this folder could not be read. Check that the server may read it.
problem-folder-entries = This folder has more than { $max } files. Import it in parts.
problem-folder-too-large = This folder holds more than { $max } MB. Import it in parts.

problem-zip-unreadable = This is not a zip file, or it is damaged. Make it again and send it once more.
problem-zip-entries = This zip has { $count } files; at most { $max } can be read. Send it in parts.
problem-zip-too-large = Unpacked, this zip holds more than { $max } MB. Send it in parts.
problem-zip-bomb = This zip unpacks to far more than its size, as harmful ones do. Nothing of it was kept.
problem-zip-link = This is a link to another file, so it was left out.
problem-zip-encrypted = This file is locked with a password, so it was left out.
problem-zip-broken-file = This file is damaged inside the zip, so it was left out.

problem-csv-utf16 = This file is UTF-16, not UTF-8. Save it as “CSV UTF-8” and import it again.
problem-csv-not-utf8 = Line { $line } is not UTF-8 text: the byte at position { $offset } does not fit. Save the file as “CSV UTF-8” and import it again.
problem-csv-unreadable = This line could not be read as CSV. Check its quotation marks.
problem-csv-columns = This table has more than { $max } columns. Remove those that are not needed.
problem-csv-column-missing = The first line names no column “{ $column }”. Add it, or rename the column that holds it.
problem-csv-too-many-values = This line has { $count } values for { $max } columns. Put values that contain the separator in quotation marks.
problem-csv-value-too-long = A value on this line is longer than { $max } KB. Shorten it.
problem-csv-rows = Only the first { $max } lines were read. Import the rest from a second file.
