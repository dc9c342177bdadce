"""The public functions of dicommap, such as scan() and draft(). The command line and Python programs call them."""
