"""Package directories: read and write them, submit their jobs, and compare them with S3."""
