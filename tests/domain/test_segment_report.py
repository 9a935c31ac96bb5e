"""The report of segments is JSON of figures, none of fewer than ten customers."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from stages.adapters import config, engine
from stages.domain import frame
from stages.domain.segment_report import segment_report, with_playbook
from stages.domain.tables import TRANSACTIONS
from tests.domain.crowd import AS_OF, crowd

N = 60
IDS = [f"{i:05}" for i in range(N)]


def report():
    """Of 40 steady top customers, 11 fading ones and 9 growing; wine is for the top."""
    segment = ["Top · steady"] * 40 + ["Base · fading"] * 11 + ["Base · growing"] * 9
    scores = pd.DataFrame(
        {"customer_id": IDS, "expected_spend": [100.0] * 40 + [10.0] * 20, "segment": segment}
    ).assign(style="Daytime", as_of=AS_OF)
    rows = [
        {
            "customer_id": customer,
            "booked_at": datetime(2020, 6, 1, tzinfo=UTC),
            "transaction_id": name,
            "amount": Decimal(30 if name == "wine" else 60),
            "kind": "purchase",
            "category": name,
            "discount": Decimal(0),
        }
        for i, customer in enumerate(IDS)
        for name in (("wine", "bread") if i < 40 else ("bread",))
    ]
    features = frame.at(crowd(N), [AS_OF]).drop(columns="target")
    features.loc[0, features.columns.drop(["customer_id", "cutoff"])] = np.nan  # no history yet
    every = pd.Series(0.5, features.index)
    features = features.assign(visit_rate=every, promotion_share=every, variety=every)
    customers = pd.DataFrame({"customer_id": IDS, "age_band": "30|39", "attributes": None})
    return segment_report(
        engine.connect(),
        ibis.memtable(pa.Table.from_pylist(rows, TRANSACTIONS.schema)),
        scores,
        features.assign(loyalty=np.nan, cash_share=np.nan),
        customers,
        ("purchase", "refund"),
        config.load().playbook,
    )


def test_it_is_json_with_sizes_profiles_places_and_sentences():
    found = json.loads(json.dumps(report(), allow_nan=False))
    assert found["segments"] == [
        {
            "segment": "Top · steady",
            "customers": 40,
            "expected_spend": 4000,
            "each": 100,
            "share": 0.666667,
        },
        {
            "segment": "Base · fading",
            "customers": 11,
            "expected_spend": 110,
            "each": 10,
            "share": 0.183333,
        },
    ]
    assert list(found["places"]) == ["category"]
    assert found["playbook"]["Top · steady"]["products"] == [
        "wine: 33.3% of their spend with a known category (40 customers), 1.33 times its share"
        " with all: put first."
    ]
    assert {row["group"] for row in found["groups"]} == {"30|39"}


def test_nothing_is_shown_of_nine_customers():
    assert "growing" not in json.dumps(report())


def test_its_sentences_are_made_anew_from_what_was_written():
    written, templates = json.loads(json.dumps(report())), config.load().playbook
    assert with_playbook(written, templates) == written
    told = with_playbook(written, {"products": {"category": "{name} first"}})
    assert told["playbook"]["Top · steady"] == {"products": ["wine first"]}
    assert told["habits"] == written["habits"]
