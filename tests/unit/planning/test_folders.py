"""A folder can be a prefix where its URI passes what is asked of any."""

from hypothesis import given
from hypothesis import strategies as st

from dicommap.healthimaging.s3_uri import S3Uri, s3_uri_issues
from dicommap.issues import Location
from dicommap.planning.folders import PrefixRules

BASE = S3Uri(bucket="bucket", prefix="in/")
names = st.sampled_from(["a", "..", ".", "", "...", "a b", "é", "a\\b", "a\nb", "\u2028", "x" * 400])


@given(st.lists(names, min_size=1, max_size=4))
def test_a_folder_can_be_a_prefix_where_its_uri_is_in_order(path: list[str]) -> None:
    places, folder = PrefixRules(BASE), ""
    can_be = True
    for name in path:
        folder += f"{name}/"
        can_be = can_be and places.can_be_prefix(folder, f"{name}/")
    text = f"{BASE}{folder}"
    assert can_be == (S3Uri.parse(text) is not None and not list(s3_uri_issues(text, Location())))
