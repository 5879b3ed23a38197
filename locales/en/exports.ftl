# The whole organisation as one file.
problem-export-format = This is no export of TOW: it does not begin with "format": "tow-export" and a version.
problem-export-version = This export has version { $found }, and this program knows version { $known }. Use the program that fits the file. Nothing was changed.
problem-export-section = This export has a section “{ $name }” that this program does not know. A newer program made it. Nothing was changed.
problem-export-order = The section “{ $name }” does not stand where it must: what it names comes later. Some other program has rearranged the file. Nothing was changed.
problem-export-not-empty = Something is here already. An export comes back into an empty organisation only: right after set-up, or before it. Nothing was changed.
problem-export-json = The file is broken at line { $line }: { $why }. Nothing was changed.
problem-export-row = { $path } does not fit: { $why }. Nothing was changed.
