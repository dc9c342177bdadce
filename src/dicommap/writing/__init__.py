"""Write files whole or not at all, private to their owner, and synced to disk."""
