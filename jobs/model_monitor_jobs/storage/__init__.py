"""Files and objects by URI: local folders, mounted volume claims, S3, Google Cloud Storage, Azure."""

from model_monitor_jobs.storage.store import Entry, Storage

__all__ = ["Entry", "Storage"]
