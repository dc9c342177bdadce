"""Check documents against their schemas, on their own and against each other.

Nothing in this room reads or writes a file, but for the schemas that come with the package.
"""
