"""Tagged unions of AWS's models: one member set, and room for members that this release does not know."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, model_validator

UNKNOWN_MEMBER = "SDK_UNKNOWN_MEMBER"
"""What SDKs put in place of a member that their model does not have, with its name inside."""


class TaggedUnion(BaseModel):
    """A union as AWS returns it, read without knowing its members: `name` of the one set, and what it holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str
    value: object = None
    """What the member holds; None where the SDK did not know the member and left it out."""
    known: bool = True
    """Whether the SDK knew the member."""

    @model_validator(mode="before")
    @classmethod
    def _of_one_member(cls, union: object) -> object:
        if not isinstance(union, dict) or len(union) != 1:
            raise ValueError("a tagged union has one member")
        ((name, value),) = union.items()
        if name != UNKNOWN_MEMBER:
            return {"name": str(name), "value": value}
        named = value.get("name") if isinstance(value, dict) else None
        return {"name": str(named or "?"), "value": None, "known": False}
