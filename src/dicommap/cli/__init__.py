"""The command line. Each command has a module, which reads arguments, calls the Python API and prints results."""
