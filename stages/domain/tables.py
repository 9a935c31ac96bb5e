"""The canonical tables: the same names in CQL, Parquet, code and documents."""

from dataclasses import dataclass

import pyarrow as pa

MONEY = pa.decimal128(18, 2)
INSTANT = pa.timestamp("ms", tz="UTC")
KINDS = ("purchase", "refund", "cash", "transfer", "fee", "income")
# A transaction as the endpoint is given it: what it must have and may have, and the numbers of it.
REQUIRED = ("customer_id", "booked_at", "amount")
OPTIONAL = ("transaction_id", "kind", "category", "merchant", "region", "discount")
NUMBERS = ("amount", "discount")


@dataclass(frozen=True)
class Column:
    """A column: its CQL type, its Arrow type (None where Parquet does not hold it), nullability."""

    name: str
    cql: str
    arrow: pa.DataType | None
    nullable: bool = True


@dataclass(frozen=True)
class Table:
    """A table of the store: its name, primary key and columns in the order of Parquet."""

    name: str
    partition: tuple[str, ...]  # columns of the key that say where a row lies
    clustering: tuple[str, ...]  # those that order the rows of a partition
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the columns that Parquet holds."""
        return pa.schema(
            pa.field(c.name, c.arrow, c.nullable) for c in self.columns if c.arrow is not None
        )


TRANSACTIONS = Table(
    "transactions",
    ("month", "shard"),
    ("customer_id", "booked_at", "transaction_id"),
    (
        Column("month", "text", None, False),  # YYYY-MM of booked_at, UTC
        Column("shard", "smallint", None, False),  # crc32(customer_id) modulo store.shards
        Column("customer_id", "text", pa.string(), False),
        Column("booked_at", "timestamp", INSTANT, False),
        Column("transaction_id", "text", pa.string(), False),  # unique in customer and instant
        Column("amount", "decimal", MONEY, False),  # money out is positive, money in negative
        Column("kind", "text", pa.string(), False),  # one of KINDS
        Column("category", "text", pa.string()),
        Column("merchant", "text", pa.string()),
        Column("channel", "text", pa.string()),
        Column("region", "text", pa.string()),
        Column("discount", "decimal", MONEY, False),  # promotion part of the price, 0 when unknown
        Column("quantity", "double", pa.float64()),
    ),
)

# What is known of a customer beside the transactions.
DESCRIBED = ("age_band", "income_band", "household_size", "home_owner", "marital_status", "region")
CUSTOMERS = Table(
    "customers",
    ("customer_id",),
    (),
    (
        Column("customer_id", "text", pa.string(), False),
        *(Column(name, "text", pa.string()) for name in DESCRIBED),
        Column("attributes", "map<text, text>", pa.map_(pa.string(), pa.string())),
    ),
)

SCORES = Table(
    "scores",
    ("customer_id",),
    (),
    (
        Column("customer_id", "text", pa.string(), False),
        Column("expected_spend", "double", pa.float64(), False),  # over the horizon
        Column("low", "double", pa.float64(), False),  # of its 80 % interval
        Column("high", "double", pa.float64(), False),
        Column("percentile", "double", pa.float64(), False),  # 0 to 100
        Column("tier", "text", pa.string(), False),
        Column("momentum", "text", pa.string(), False),
        Column("segment", "text", pa.string(), False),
        Column("style", "text", pa.string(), False),
        Column("confidence", "text", pa.string(), False),  # normal, or low and why
        Column("model_version", "text", pa.string(), False),
        Column("data_version", "text", pa.string(), False),
        Column("as_of", "date", pa.date32(), False),
    ),
)
STAMP = ("model_version", "data_version", "as_of")  # what a score is made from
