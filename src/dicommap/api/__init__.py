"""The public verbs: what the command line and Python callers do, each as one function in a module of its own."""
