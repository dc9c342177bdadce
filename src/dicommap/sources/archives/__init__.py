"""ZIP and tar files inside a tree: their members are walked and opened as files are."""
