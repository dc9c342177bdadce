"""Compare what image sets hold with the overrides that a package sent, attribute by attribute."""
