"""Objects below an S3 prefix. S3 or an S3 Inventory lists them, and range requests read them."""
