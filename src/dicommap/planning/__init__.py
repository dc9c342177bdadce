"""Plan import jobs that obey the quotas. Choose the S3 prefix and the staged copies of each job."""
