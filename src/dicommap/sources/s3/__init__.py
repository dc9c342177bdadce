"""Objects below a prefix of a bucket: listed by S3 or by an S3 Inventory, and read by ranges."""
