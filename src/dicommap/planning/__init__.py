"""Planning of import jobs within the quotas: the S3 prefix of each job, and the copies that staged jobs need."""
