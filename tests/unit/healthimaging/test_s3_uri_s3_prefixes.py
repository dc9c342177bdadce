"""Prefixes are looked up as if they were compared one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dicommap.healthimaging.s3_uri import S3Prefixes, S3Uri
from tests.support.example_counts import examples

URIS = st.builds(
    lambda bucket, parts: S3Uri(bucket=bucket, prefix="".join(f"{part}/" for part in parts)),
    st.sampled_from(["one", "other"]),
    st.lists(st.sampled_from(["a", "b", "ab", ""]), max_size=4),
)


@examples(200)
@given(st.lists(URIS, max_size=5), URIS)
def test_they_hold_and_overlap_what_one_of_them_does(uris: list[S3Uri], uri: S3Uri) -> None:
    prefixes, text = S3Prefixes(uris), str(uri)
    assert prefixes.contains(uri) == any(text.startswith(str(one)) for one in uris)
    assert prefixes.overlaps(uri) == any(text.startswith(str(one)) or str(one).startswith(text) for one in uris)
