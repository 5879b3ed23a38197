# The wiki.
nav-docs = Docs

refused-doc-removed = This page is in the bin. Put it back first, then change it.
refused-doc-below = A page below this one belongs to somebody else, so you cannot take it along. Move that page away first, or ask its author or an administrator.
problem-doc-parent-unknown = There is no such page in this place. Write its ID, such as DOC-12, or leave this empty for the top.
problem-doc-circle = A page cannot stand below itself or below one of its own pages.
problem-doc-depth = The tree has at most { $max } levels. Choose a page further up.
problem-doc-import-empty = There is no Markdown file in this. Files end in .md or .markdown.
problem-doc-import-many = At most { $max } pages can be imported at once. Import the folders one by one.
