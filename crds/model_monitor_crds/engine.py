"""What a run computes with."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from model_monitor_crds.base import Model, ObjectName
from model_monitor_crds.rules import Checked, Rule, matches


class Engine(Model):
    """Where the data is read and counted."""

    rules = (
        Rule(
            "self.type != 'Dask' || has(self.address) != has(self.clusterName)",
            "engine: Dask needs exactly one of address and clusterName",
            lambda engine: engine.type != "Dask" or (engine.address is None) != (engine.cluster_name is None),
        ),
        Rule(
            "self.type == 'Dask' || !(has(self.address) || has(self.clusterName))",
            "engine: address and clusterName are for type Dask",
            lambda engine: engine.type == "Dask" or (engine.address is None and engine.cluster_name is None),
        ),
    )
    type: Literal["Local", "Dask"]
    """Local: in the pod of the run, on all its cores. Dask: on the workers of a Dask cluster, which need the same
    image."""
    address: (
        Annotated[
            str,
            Field(min_length=1, max_length=256),
            Checked(
                matches("^(tcp|tls)://[A-Za-z0-9.-]+:[0-9]{1,5}$", message="must be tcp://host:port or tls://host:port")
            ),
        ]
        | None
    ) = None
    """The cluster's scheduler, such as tcp://dask-scheduler:8786."""
    cluster_name: ObjectName | None = None
    """Name of a DaskCluster in the same namespace, made by the Dask operator."""

    @property
    def scheduler(self) -> str | None:
        """Address of the Dask scheduler; the Dask operator names its service `<cluster>-scheduler`."""
        return f"tcp://{self.cluster_name}-scheduler:8786" if self.cluster_name is not None else self.address


LOCAL: Final = Engine(type="Local")
