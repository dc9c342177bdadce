"""Rules and models of AWS HealthImaging: limits, levels, import configurations, requests, import jobs, job output."""
