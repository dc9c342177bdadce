"""Read answers of AWS services: all pages of a list, and members that the service model requires."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from dicommap.aws.client_errors import convert_client_errors
from dicommap.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicommap.aws.timing import Throttle

_Answer = TypeVar("_Answer", bound=BaseModel)


def read_pages(
    operation: str, subject: str, call: Callable[[dict[str, str]], dict[str, Any]], throttle: Throttle
) -> Iterator[dict[str, Any]]:
    """Yield the answers of a list operation, page by page. The last page has no nextToken.

    Args:
        operation: AWS's name of the operation.
        subject: The resource that the call is about, for messages.
        call: A function that sends one request and returns the answer. It takes the parameters to add to the request:
            nextToken, or nothing for the first page.
        throttle: The rate limit of the operation.

    Raises:
        AwsError: AWS cannot be reached or refuses a request, or the list has no end.
    """
    tokens: set[str] = set()
    parameters: dict[str, str] = {}
    while True:
        throttle.wait()
        with convert_client_errors(operation, subject):
            answer = call(parameters)
        yield answer
        token = answer.get("nextToken")
        if not token:
            return
        if token in tokens:
            raise AwsError(
                f"The list of {operation} does not end.", fix="Check the endpoint, and any proxy on the way to it."
            )
        tokens.add(token)
        parameters = {"nextToken": token}


def require_member(operation: str, answer: dict[str, Any], name: str) -> Any:  # noqa: ANN401
    """Return the value of the member `name` of an answer. Raises AwsError if the answer does not have the member."""
    if name not in answer:
        raise make_incomplete_answer_error(operation)
    return answer[name]


def parse_answer(operation: str, model: type[_Answer], properties: object) -> _Answer:
    """Convert an answer, or one object in it, to a pydantic model. Raises AwsError if a required member is missing."""
    try:
        return model.model_validate(properties)
    except ValidationError:
        raise make_incomplete_answer_error(operation) from None


def make_incomplete_answer_error(operation: str) -> AwsError:
    """Return the error for an answer without a member that the service model requires."""
    # If an answer is cut, botocore does not report it.
    return AwsError(
        f"The answer to {operation} lacks a member that the service model requires.",
        fix="Run the same command again. If that does not help, check the endpoint and any proxy, and update dicommap.",
        transient=True,
    )
