"""Asks an S3 store what it can do, in scratch buckets of its own, and believes effects alone."""

from plugins.objectstore.probe.model import Finding, Report, Scoped, Target
from plugins.objectstore.probe.runner import probe

__all__ = ["Finding", "Report", "Scoped", "Target", "probe"]
