"""The audit shows whether each group of ten customers or more is forecast as well as others."""

import numpy as np
import pandas as pd
import pytest

from stages.domain.audit import COLUMNS, attributes, fairness


def scores(expected, tier="Base"):
    """Scores of customers c0, c1, …, each with an interval of a tenth either way."""
    expected = np.asarray(expected, float)
    return pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(len(expected))],
            "expected_spend": expected,
            "low": 0.9 * expected,
            "high": 1.1 * expected,
            "tier": tier,
        }
    )


def groups(**columns):
    """Attributes of customers c0, c1, …"""
    table = pd.DataFrame(columns)
    return table.set_index(pd.Index([f"c{i}" for i in range(len(table))], name="customer_id"))


def test_each_group_has_its_bias_error_coverage_and_tiers():
    actual = np.array([100.0] * 10 + [50.0] * 12)
    said = scores([105.0] * 10 + [100.0] * 12, ["Top"] * 4 + ["Base"] * 18)
    table = fairness(actual, said, groups(sex=["f"] * 10 + ["m"] * 12)).set_index("group")
    assert table.loc["f"].to_dict() == {
        "attribute": "sex",
        "customers": 10,
        "bias": pytest.approx(1.05),
        "bias_low": pytest.approx(1.05),  # the same of all ten: no doubt
        "bias_high": pytest.approx(1.05),
        "mae_ratio": pytest.approx(0.05),
        "coverage": 1,
        "Base": 0.6,
        "Middle": 0,
        "Top": 0.4,
    }
    assert table.loc["m", ["bias", "mae_ratio", "coverage"]].tolist() == [2, 1, 0]


def test_the_interval_of_a_bias_is_that_of_a_ratio_of_totals():
    actual, expected = np.array([80.0, 120.0] * 5), np.array([100.0] * 10)
    row = fairness(actual, scores(expected), groups(sex=["f"] * 10)).iloc[0]
    # bias 1; predicted − actual is 20 and −20: deviation 20 √(10/9), times √10 over 1000
    half = 1.96 * 20 * np.sqrt(10 / 9) * np.sqrt(10) / 1000
    assert (row["bias_low"], row["bias_high"]) == pytest.approx((1 - half, 1 + half))


def test_a_group_of_nine_is_not_shown_and_who_is_unknown_is_a_group():
    sex = ["f"] * 9 + ["m"] * 10 + [None] * 3
    table = fairness(np.ones(30), scores(np.ones(30)), groups(sex=sex))
    assert dict(zip(table["group"], table["customers"], strict=True)) == {"m": 10, "unknown": 11}


def test_a_group_that_spent_nothing_has_no_ratio_and_no_source_of_groups_no_rows():
    row = fairness(np.zeros(10), scores(np.ones(10)), groups(sex=["f"] * 10)).iloc[0]
    assert row[["bias", "mae_ratio"]].isna().all()
    assert (row["customers"], row["coverage"]) == (10, 0)
    empty = fairness(np.ones(10), scores(np.ones(10)), groups())
    assert (len(empty), list(empty)) == (0, COLUMNS)


def test_sex_comes_from_the_attributes_that_a_source_keeps_and_what_is_unknown_is_left_out():
    customers = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c"],
            "age_band": ["30-39", None, None],
            "income_band": [None, None, None],
            "region": ["north", "north", None],
            "attributes": [[("sex", "f"), ("card", "gold")], None, [("age_band", "x")]],
        }
    )
    known = attributes(customers)
    assert list(known) == ["age_band", "sex"]
    assert known["sex"].fillna("").to_dict() == {"a": "f", "b": "", "c": ""}
    assert known["age_band"].fillna("").to_dict() == {"a": "30-39", "b": "", "c": ""}


def test_what_a_source_keeps_as_attribute_alone_is_audited_under_its_name():
    kept = [[("age_band", "18-24")], [("age_band", "65+")]]
    customers = pd.DataFrame(
        {"customer_id": ["a", "b"], "age_band": [None, None], "attributes": kept}
    )
    assert attributes(customers)["age_band"].to_dict() == {"a": "18-24", "b": "65+"}


def test_a_source_without_customers_has_no_attributes():
    nobody = pd.DataFrame({"customer_id": [], "age_band": [], "attributes": []})
    assert attributes(nobody).empty
