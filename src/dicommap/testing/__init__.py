"""A stand-in for AWS HealthImaging's import jobs on loopback, for tests. It is not the service."""

from dicommap.testing.behaviour import Behaviour
from dicommap.testing.faults import Fault
from dicommap.testing.image_sets import ImageSet, ImportedInstance
from dicommap.testing.jobs import StartedJob
from dicommap.testing.service import ImportJobService

__all__ = ["ImportJobService", "Behaviour", "Fault", "StartedJob", "ImageSet", "ImportedInstance"]
