"""Reconciliation: what became of every planned object, from the manifests that an import job writes."""
