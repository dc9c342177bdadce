"""ZIP and tar files inside a local tree, whose members are scanned in place."""
