"""The issue codes, one module for each family (the word before the dot)."""
