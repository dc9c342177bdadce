"""A stand-in server for AWS HealthImaging's import jobs and image sets on loopback, for tests only."""

from dicommap.testing.behaviour import Behaviour
from dicommap.testing.faults import Fault
from dicommap.testing.image_sets import ImageSet, ImageSetVersion, ImportedInstance
from dicommap.testing.service import ImportJobService
from dicommap.testing.started_jobs import StartedJob

__all__ = ["ImportJobService", "Behaviour", "Fault", "StartedJob", "ImageSet", "ImageSetVersion", "ImportedInstance"]
