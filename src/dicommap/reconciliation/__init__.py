"""Reconciliation: the outcome of each planned instance, from the job manifest of its import job."""
