"""Objects below an S3 prefix, listed by S3 or by an S3 Inventory, read by range requests."""
