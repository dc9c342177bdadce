"""AWS HealthImaging's rules: limits, levels, import configurations, requests, import jobs and their output."""
