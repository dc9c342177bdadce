"""Planning import jobs for a million instances in 20,000 studies, however they lie."""

from __future__ import annotations

import sqlite3
import time
import tracemalloc

from dicommap.healthimaging.quotas import Quotas
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.inventory.inventory_objects import InventoryObjects
from dicommap.planning.folders import PrefixRules
from dicommap.planning.job_load import OverrideSizes
from dicommap.planning.planner import PrefixPlan, plan_prefixes
from dicommap.planning.staging import StagingPolicy
from tests.benchmarks.machine import provenance
from tests.benchmarks.made.lying import INSTANCES, LAYOUTS, lying, uid
from tests.benchmarks.options import Options
from tests.benchmarks.table import table
from tests.benchmarks.targets import Target, targets_table

STUDIES = 20_000
BOUND = 30.0
"""CPU seconds for the slowest of the layouts."""

_BASE = S3Uri(bucket="example-bucket", prefix="incoming/")


def planned(connection: sqlite3.Connection, staging: StagingPolicy, studies: int) -> PrefixPlan:
    """Plan the jobs of an inventory in which every study has an override."""
    needs = OverrideSizes(((uid(study), None), 300) for study in range(studies))
    return plan_prefixes(InventoryObjects(connection), needs, PrefixRules(_BASE), Quotas(), staging)


def seconds(connection: sqlite3.Connection, staging: StagingPolicy, studies: int) -> tuple[float, PrefixPlan]:
    """Return the CPU time that planning takes in this process, and the plan."""
    started = time.process_time()
    plan = planned(connection, staging, studies)
    return time.process_time() - started, plan


def peak(connection: sqlite3.Connection, staging: StagingPolicy, studies: int) -> int:
    """Return the most bytes that planning holds at once, beside the inventory."""
    tracemalloc.start()
    planned(connection, staging, studies)
    (_, most) = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def measure(_options: Options, studies: int = STUDIES) -> str:
    """Measure, and return the section."""
    rows, never, memory = [], [], []
    for name, path in LAYOUTS.items():
        connection = lying(path, studies)
        in_place, plan = seconds(connection, StagingPolicy.NEVER, studies)
        where_needed, staged = seconds(connection, StagingPolicy.WHERE_NEEDED, studies)
        never += [in_place, where_needed]
        memory.append(peak(connection, StagingPolicy.WHERE_NEEDED, studies))
        connection.close()
        rows.append(
            (
                name,
                f"{in_place:.1f}",
                f"{len(plan.in_place.prefixes):,}",
                f"{len(plan.in_place.cut_studies):,}",
                f"{where_needed:.1f}",
                f"{len(staged.in_place.prefixes):,}",
                f"{len(staged.staged.jobs):,}",
                f"{memory[-1] / 2**20:.0f}",
            )
        )
    targets = [
        Target(name="planning, the slowest layout", bound=BOUND, at_least=False, unit="s CPU", measured=max(never))
    ]
    head = ("", "in place: s", "jobs", "studies cut", "where needed: s", "in place", "staged", "MiB")
    return f"""## Planning

{provenance("dicommap")}

Import jobs are planned for {studies * INSTANCES:,} instances in {studies:,} studies, each with an override, within the
usual quotas: from the inventory, in memory here, to the prefix of each job. CPU time of one process. *In place* cuts
studies where the layout leaves nothing else; *where needed* keeps them whole and stages what cannot be imported so. MiB
is the most that planning where needed holds at once beside the inventory, as tracemalloc counts it. Making the
documents is not in it.

{table(head, rows)}
{targets_table(targets)}"""
