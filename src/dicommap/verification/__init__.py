"""Compare the stored values of image sets with the overrides that a package sent, attribute by attribute."""
