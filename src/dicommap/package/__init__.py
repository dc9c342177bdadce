"""Package directories: read, write, submit and compare with S3."""
