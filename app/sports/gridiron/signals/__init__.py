"""The signals of American football: one file each."""
