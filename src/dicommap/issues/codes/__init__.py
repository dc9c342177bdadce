"""Issue codes, one module for each family: the word before the dot, with underscores for hyphens."""
