"""What the pages read of the data, while it changes."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from stages.adapters.files import write_json, write_parquet
from stages.domain.errors import UserError
from stages.domain.tables import TRANSACTIONS
from stages.ui import endpoint, published


def rows(number: int) -> pa.Table:
    """So many transactions of customer a."""
    record = {
        "customer_id": "a",
        "booked_at": datetime(2020, 1, 1, tzinfo=UTC),
        "amount": Decimal(1),
        "kind": "purchase",
        "discount": Decimal(0),
    }
    made = [record | {"transaction_id": str(i)} for i in range(number)]
    return pa.Table.from_pylist(made, TRANSACTIONS.schema)


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data/raw of the test's own."""
    monkeypatch.setattr(published, "TRANSACTIONS", tmp_path)
    monkeypatch.setattr(published, "MANIFEST", tmp_path / "_manifest.json")
    return tmp_path


def test_while_an_extraction_is_under_way_a_page_shows_what_is_there_now(raw):
    for number in (1, 3, 2):  # each extraction goes on from what the one before has left
        published.MANIFEST.unlink(missing_ok=True)
        write_parquet(raw / "2020-01_0.parquet", rows(number))
        assert len(published.transactions("a")) == number
        write_json(published.MANIFEST, {})
        assert len(published.transactions("a")) == number


def test_an_endpoints_password_is_not_shown(monkeypatch):
    monkeypatch.setenv("SERVE_URL", "http://user:s3cret@127.0.0.1:9/score/")
    with pytest.raises(UserError, match=r"answers at http://127\.0\.0\.1:9/score\. Start") as error:
        endpoint.ask([])
    assert "s3cret" not in str(error.value)
