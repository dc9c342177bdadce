"""ZIP and tar files inside a local tree. Their members are scanned without unpacking them."""
