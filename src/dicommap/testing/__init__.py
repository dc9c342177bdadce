"""A stand-in server for AWS HealthImaging's import jobs and image sets on loopback, for tests only."""

from dicommap.healthimaging.override_questions import OverrideAnswers, make_fitting_answers
from dicommap.testing.behaviour import Behaviour
from dicommap.testing.faults import Fault
from dicommap.testing.image_sets import ImageSet, ImageSetVersion, ImportedInstance
from dicommap.testing.service import ImportJobService
from dicommap.testing.started_jobs import StartedJob

__all__ = [
    "ImportJobService",
    "Behaviour",
    "OverrideAnswers",
    "make_fitting_answers",
    "Fault",
    "StartedJob",
    "ImageSet",
    "ImageSetVersion",
    "ImportedInstance",
]
