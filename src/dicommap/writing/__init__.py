"""Write complete files or none. The files are private to their owner and are synced to disk."""
