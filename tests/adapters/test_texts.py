"""What people write for amounts and dates is read, and what is no amount or date is not."""

from datetime import datetime

import duckdb
import pytest

from stages.adapters.drafts import texts

DB = duckdb.connect()
DB.execute("SET TimeZone = 'UTC'")


def value(sql: str):
    """What an expression comes to."""
    return DB.sql(f"SELECT {sql}").fetchall()[0][0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12.5", 12.5),
        ("-12.50", -12.5),
        ("$1,234.50", 1234.5),
        ("-$5", -5.0),
        ("$-5", -5.0),
        ("($1,234.50)", -1234.5),
        ("5-", -5.0),
        ("−5", -5.0),
        ("12.50 CR", -12.5),
        ("1,234.50 Cr", -1234.5),
        ("1,000.00 H", -1000.0),
        ("1,000.00 S", 1000.0),
        ("5.00 SCR", 5.0),
        ("CR 5", -5.0),
        ("C 1.00", -1.0),
        ("1.00 D", 1.0),
        ("C$5", 5.0),
        ("CHF 5", 5.0),
        ("1,234.-", 1234.0),
        ("2.5K", None),
        ("3 M", None),
        ("EUR 1 234.50", 1234.5),
        ("12 Kč", 12.0),
        ("Rs. 1,23,456", 123456.0),
        ("12,50", None),
        ("1,234,56", None),
        ("much", None),
        ("$", None),
        ("", None),
    ],
)
def test_an_amount_with_a_point(text, expected):
    assert value(texts.number(texts.literal(text), ".")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12,5", 12.5),
        ("1.234,50 €", 1234.5),
        ("-1.234", -1234.0),
        ("5,-", 5.0),
        ("1.234,56 C", -1234.56),
        ("1 234,50 Kč", 1234.5),
        ("12.50", None),
    ],
)
def test_an_amount_with_a_comma(text, expected):
    assert value(texts.number(texts.literal(text), ",")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-01-05", datetime(2020, 1, 5)),
        ("2020/1/5", datetime(2020, 1, 5)),
        ("19970101", datetime(1997, 1, 1)),
        ("2020-01-05 10:30:00.25", datetime(2020, 1, 5, 10, 30, 0, 250_000)),
        ("2020-01-05T10:30", datetime(2020, 1, 5, 10, 30)),
        ("2020-01-05T10:30:00Z", datetime(2020, 1, 5, 10, 30)),
        ("2020-01-05T10:30:00+02:00", datetime(2020, 1, 5, 8, 30)),
        ("20200105T103000", datetime(2020, 1, 5, 10, 30)),
        ("2020-13-05", None),
        ("05/01/2020", None),  # the fifth of January or the first of May?
        ("infinity", None),
        ("soon", None),
    ],
)
def test_a_date_without_a_format_is_iso_or_nothing(text, expected):
    assert value(texts.instant(texts.literal(text), None)) == expected


@pytest.mark.parametrize(
    ("text", "date_format", "expected"),
    [
        ("5/1/2020", "%d/%m/%Y", datetime(2020, 1, 5)),
        ("12/1/2010 8:26", "%m/%d/%Y %H:%M", datetime(2010, 12, 1, 8, 26)),
        ("5 Jan 2020", ["%d.%m.%Y", "%d %b %Y"], datetime(2020, 1, 5)),
        ("2020-01-05T10:30:00+02:00", "%Y-%m-%dT%H:%M:%S%z", datetime(2020, 1, 5, 8, 30)),
        ("31/31/2020", "%d/%m/%Y", None),
        ("1578220200", "epoch", datetime(2020, 1, 5, 10, 30)),
        ("1578220200123", "epoch", datetime(2020, 1, 5, 10, 30, 0, 123_000)),
    ],
)
def test_a_date_in_the_format_that_is_given(text, date_format, expected):
    assert value(texts.instant(texts.literal(text), date_format)) == expected


@pytest.mark.parametrize(
    ("age", "expected"), [(18, "under 19"), (19, "19-24"), (64, "55-64"), (65, "65+"), (-1, None)]
)
def test_an_age_falls_into_its_band(age, expected):
    assert value(texts.age_band(str(age))) == expected
