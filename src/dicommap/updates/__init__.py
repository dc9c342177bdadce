"""Updates of stored metadata: from changes that no override can make to documents of UpdateImageSetMetadata."""
