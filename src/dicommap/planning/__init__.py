"""Plan import jobs within the quotas: the S3 prefix of each job, staged copies and retries."""
