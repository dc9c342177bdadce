"""Read, write and submit package directories, and compare them with S3."""
