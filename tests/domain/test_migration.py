"""Who moved between two scorings, and whether the customer or the model changed."""

import pandas as pd
import pytest

from stages.domain.migration import GONE, matrix, split


def scored(**segments):
    table = {"customer_id": list(segments), "segment": list(segments.values())}
    return pd.DataFrame(table)


def test_the_matrix_counts_customers_from_where_to_where():
    before = scored(a="Top", b="Top", c="Base", gone="Base")
    after = scored(c="Base", b="Base", a="Top", new="Top")
    counts = matrix(before, after)
    assert counts.loc["Top"].to_dict() == {"Base": 1, "Top": 1, GONE: 0}
    assert counts.loc["Base"].to_dict() == {"Base": 1, "Top": 0, GONE: 1}
    assert counts.loc[GONE].to_dict() == {"Base": 0, "Top": 1, GONE: 0}
    assert counts.to_numpy().sum() == 5


@pytest.mark.parametrize(
    ("before", "again", "after", "why"),
    [
        ("Top", "Top", "Base", "the customer changed"),
        ("Top", "Base", "Base", "the model changed"),
        ("Top", "Middle", "Base", "both changed"),
        ("Top", "Top", "Top", None),
        ("Top", "Base", "Top", None),  # each undid the other: the customer stayed
    ],
)
def test_what_changed_is_told_by_the_new_model_on_the_old_date(before, again, after, why):
    counts = split(scored(a=before), scored(a=again), scored(a=after))
    causes = ("the customer changed", "the model changed", "both changed")
    assert [cause for cause in causes if counts[cause]] == ([why] if why else [])
    assert (counts["customers"], counts["changed"]) == (1, int(why is not None))


def test_a_customer_whose_first_purchase_moved_them_has_changed():
    counts = split(scored(a="Base", b="Top"), scored(b="Top"), scored(a="Top", b="Top"))
    assert counts["customers"] == 2
    assert counts["changed"] == counts["the customer changed"] == 1


def test_every_change_has_one_cause_and_only_those_scored_both_times_count():
    before = scored(a="Top", b="Top", c="Top", d="Base", gone="Top")
    again = scored(d="Base", c="Middle", b="Base", a="Top", new="Top")
    after = scored(a="Base", b="Base", c="Base", d="Base", new="Base")
    assert split(before, again, after) == {
        "customers": 4,
        "changed": 3,
        "the customer changed": 1,
        "the model changed": 1,
        "both changed": 1,
    }
