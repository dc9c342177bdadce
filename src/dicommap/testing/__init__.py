"""A stand-in for AWS HealthImaging's import jobs on loopback, for tests. It is not the service."""

from dicommap.testing.behaviour import Behaviour
from dicommap.testing.behaviour_testing_faults_part import Fault
from dicommap.testing.image_sets import ImageSet, ImportedInstance
from dicommap.testing.service import ImportJobService
from dicommap.testing.started_jobs import StartedJob

__all__ = ["ImportJobService", "Behaviour", "Fault", "StartedJob", "ImageSet", "ImportedInstance"]
