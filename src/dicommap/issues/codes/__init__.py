"""The catalogue, a module for each family of codes: what it is about is the word before the dot."""
