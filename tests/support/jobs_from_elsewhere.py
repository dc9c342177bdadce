"""Import jobs that somebody starts with a package's requests, but without dicommap."""

from __future__ import annotations

import json
from typing import Any

from dicommap.aws import Clients
from dicommap.testing.service import DATASTORE_ID
from tests.support.s3_server import REGION
from tests.support.submission_packages import ROLE, PreparedPackage


class Elsewhere:
    """Somebody who starts the jobs of a package without dicommap."""

    def __init__(self, ready: PreparedPackage) -> None:
        self.package, self.bucket = ready.package, ready.bucket
        self.uploaded: set[str] = set()
        self.output = f"{self.bucket.uri}out/"

    def upload(self, job: str) -> None:
        files = self.package / "jobs" / job / "files"
        for path in sorted(files.rglob("*.json")):
            prefix = json.loads((self.package / "plan.json").read_bytes())["jobs"][int(job) - 1]["inputS3Uri"]
            key = prefix.removeprefix(self.bucket.uri) + path.relative_to(files).as_posix()
            self.bucket.put(key, path.read_bytes())

    def start(self, job: str = "0001", *, without: str = "", **members: Any) -> str:
        """Upload the override files of a job, start it, and return its id."""
        if job not in self.uploaded:  # a second upload would be newer than the first job
            self.uploaded.add(job)
            self.upload(job)
        request = json.loads((self.package / f"jobs/{job}/start-dicom-import-job.json").read_bytes())
        request |= {"datastoreId": DATASTORE_ID, "dataAccessRoleArn": ROLE, "outputS3Uri": self.output}
        request |= {"jobName": "from-the-console", **members}
        request.pop(without, None)
        answer = Clients(region=REGION).medical_imaging.start_dicom_import_job(**request)
        return str(answer["jobId"])
