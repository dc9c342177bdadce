"""Experiments that ask a data store the open questions about override files, and the answers that they give."""
