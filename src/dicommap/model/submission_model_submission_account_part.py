"""What the first submit of a package was told of the account, kept for every command that comes after it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

_NotEmpty = Annotated[str, StringConstraints(min_length=1)]


class AwsAccount(BaseModel):
    """submission/account.json: written once, before the first state. It holds no credentials."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    version: Literal[1] = 1
    datastoreId: _NotEmpty
    dataAccessRoleArn: _NotEmpty
    outputS3Uri: _NotEmpty
    inputOwnerAccountId: _NotEmpty | None = None
    region: _NotEmpty | None = None
    """Where jobs are started, whoever named it: an option, a profile or the environment."""
    profile: _NotEmpty | None = None
    """The name of the profile of credentials, where an option named one."""
    endpointUrl: _NotEmpty | None = None
    """Where an option named one."""
