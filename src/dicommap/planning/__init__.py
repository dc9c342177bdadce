"""Planning import jobs: which prefix each job takes, within the quotas, and what has to be staged elsewhere."""
