"""The command line: reads arguments, calls the workflows, prints. A module for each command."""
