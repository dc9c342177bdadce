"""The command line. Each command has a module that defines its options, calls the Python API and prints results."""
