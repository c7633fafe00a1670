"""Metrics of Milvus that other versions name otherwise."""

from dataclasses import dataclass

from vectorkit.schema.versions import Version

BY_COLLECTION_FROM: Version = (2, 5, 5)
"""Since then data coordinators count files by collection, and index tasks by kind and state."""


@dataclass(frozen=True, kw_only=True)
class IndexTasks:
    """How many segments are to be indexed."""

    by_state: str
    state: str
    """Its label that tells the state."""
    waiting: str
    """Those that nobody works at yet."""


def index_tasks(own: str, milvus: Version) -> IndexTasks:
    """Selectors with the labels `own`."""
    name, labels, state, waiting = (
        ("task_count", f'{own},task_type="JobTypeIndexJob"', "task_state", "JobStateInit")
        if milvus >= BY_COLLECTION_FROM
        else ("index_task_count", own, "index_task_status", "unissued")
    )
    return IndexTasks(
        by_state=f"milvus_datacoord_{name}{{{labels}}}",
        state=state,
        waiting=f'milvus_datacoord_{name}{{{labels},{state}="{waiting}"}}',
    )
