# What every record's page has.
none = None
change = Change
edit = Edit
section-empty = Write something here
section-nothing = Nothing written yet.
section-text = Text
conflict-field = Somebody changed this while you were choosing. Nothing is lost: both values are here.
conflict-text = Somebody changed this text while you were writing. Yours is in the form below; theirs is what is saved now. Copy what you need, then save.
conflict-theirs = Saved now:
conflict-yours = Yours:
conflict-keep-mine = Keep mine
conflict-keep-theirs = Keep theirs
conflict-show-theirs = Show the text as it is saved now
