"""Give each planned instance one outcome, from the job manifest of its import job."""
