"""What SageMaker's resources do not tell, and a person decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Settings:
    """What holds for all monitors that are written."""

    compatibility: Literal["Default", "SageMaker"] = "SageMaker"
    capture_uri: str | None = None
    """DestinationS3Uri of the endpoints' data capture: the folder above those of the endpoints."""
    model_url: str | None = None
    """The model that explainability monitors ask."""
    secret: str | None = None
    """The Secret whose keys become environment variables of the pods, such as the store's access keys."""
