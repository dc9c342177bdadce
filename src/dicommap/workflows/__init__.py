"""The public verbs: what the command line and Python callers do, each as one function."""

from dicommap.workflows.data_set import data_set
from dicommap.workflows.draft import Draft, draft
from dicommap.workflows.scan import scan
from dicommap.workflows.sheet import sheet
from dicommap.workflows.validate import validate

__all__ = ["scan", "sheet", "draft", "validate", "data_set", "Draft"]
