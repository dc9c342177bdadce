"""A stand-in for AWS HealthImaging's import jobs on loopback, for tests. It is not the service."""
