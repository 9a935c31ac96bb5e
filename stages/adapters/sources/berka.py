"""Source berka: the accounts of a Czech bank, 1993 to 1998, as the PKDD'99 challenge gave them.

The customer is the account: transactions are booked on it and a second person may use it. The
person described is its owner. docs/data-cards/berka.md says what each Czech code becomes.
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
from omegaconf import DictConfig

from stages.adapters.drafts import months, texts
from stages.domain.errors import UserError

FILES = ("trans", "account", "client", "disp", "district", "card", "loan")

# A payment to another bank is spend where its symbol says for what: household or insurance.
# Without one it may go to an account of their own; a loan's instalment pays back.
_TRANSACTIONS = """
CREATE TABLE draft AS SELECT
    account_id AS customer_id,
    strptime(trans.date, '%y%m%d') AS booked_at,
    trans_id AS transaction_id,
    CASE WHEN trans.type = 'PRIJEM' THEN -amount::DOUBLE ELSE amount::DOUBLE END AS amount,
    CASE
        WHEN trans.type = 'PRIJEM' THEN 'income'
        WHEN k_symbol IN ('SLUZBY', 'SANKC. UROK') THEN 'fee'
        WHEN operation = 'VYBER' THEN 'cash'
        WHEN operation = 'VYBER KARTOU' OR k_symbol IN ('SIPO', 'POJISTNE') THEN 'purchase'
        ELSE 'transfer'
    END AS kind,
    CASE k_symbol
        WHEN 'SIPO' THEN 'household' WHEN 'POJISTNE' THEN 'insurance' WHEN 'UVER' THEN 'loan'
        WHEN 'DUCHOD' THEN 'pension' WHEN 'UROK' THEN 'interest' WHEN 'SLUZBY' THEN 'statement'
        WHEN 'SANKC. UROK' THEN 'penalty interest'
        ELSE CASE operation
            WHEN 'VYBER' THEN 'cash' WHEN 'VYBER KARTOU' THEN 'card' WHEN 'VKLAD' THEN 'deposit'
            WHEN 'PREVOD NA UCET' THEN 'payment' WHEN 'PREVOD Z UCTU' THEN 'payment received'
        END
    END AS category,
    CASE WHEN bank <> '' THEN bank || ' ' || account END AS merchant,
    CASE
        WHEN operation IN ('VYBER', 'VKLAD') AND k_symbol IN ('', 'SIPO') THEN 'branch'
        WHEN operation = 'VYBER KARTOU' THEN 'card'
        WHEN operation LIKE 'PREVOD%' THEN 'transfer'
    END AS channel,
    A2 AS region
FROM trans JOIN account USING (account_id) LEFT JOIN district ON A1 = district_id
"""

# Only what was known by the last transaction: accounts opened, cards issued, loans granted.
_CUSTOMERS = f"""
WITH newest AS (SELECT max(strptime(date, '%y%m%d')) AS newest FROM trans),
owner AS (
    SELECT
        account_id,
        client.district_id,
        birth_number[3:4]::INT > 50 AS woman,
        strptime('19' || birth_number[:2] || lpad((birth_number[3:4]::INT % 50)::VARCHAR, 2, '0')
            || birth_number[5:6], '%Y%m%d') AS born,
        first(card.type ORDER BY issued DESC) FILTER (strptime(issued[:6], '%y%m%d') <= newest)
            AS card
    FROM disp JOIN client USING (client_id) LEFT JOIN card USING (disp_id), newest
    WHERE disp.type = 'OWNER' GROUP BY ALL
),
loans AS (
    SELECT account_id, count(*) AS loans FROM loan, newest
    WHERE strptime(loan.date, '%y%m%d') <= newest GROUP BY account_id
),
joint AS (SELECT account_id FROM disp WHERE type = 'DISPONENT' GROUP BY account_id)
SELECT
    account_id AS customer_id,
    {texts.age_band("date_sub('year', born, newest)")} AS age_band,
    A2 AS region,
    map_concat(MAP {{
        'sex': CASE WHEN woman THEN 'female' ELSE 'male' END,
        'province': A3,
        'average_salary': A11,
        'statements': CASE frequency
            WHEN 'POPLATEK MESICNE' THEN 'monthly' WHEN 'POPLATEK TYDNE' THEN 'weekly'
            WHEN 'POPLATEK PO OBRATU' THEN 'after each transaction' END,
        'card': coalesce(card, 'none'),
        'loan': CASE WHEN loans.account_id IS NULL THEN 'no' ELSE 'yes' END,
        'second_user': CASE WHEN joint.account_id IS NULL THEN 'no' ELSE 'yes' END
    }}, CASE WHEN A12 <> '?' THEN MAP {{'unemployment_1995': A12}} END) AS attributes
FROM account JOIN owner USING (account_id) LEFT JOIN district ON A1 = owner.district_id
LEFT JOIN loans USING (account_id) LEFT JOIN joint USING (account_id), newest
WHERE strptime(account.date, '%y%m%d') <= newest
ORDER BY account_id::INT
"""


def inputs(source: DictConfig) -> list[Path]:
    """The seven files that are read; UserError when one is not there."""
    if source.path is None:
        raise UserError('name the folder: SET="source=berka source.path=/data/berka"')
    files = [Path(source.path) / f"{name}.asc" for name in FILES]
    for file in files:
        if not file.exists():
            raise UserError(f"source.path={source.path}: there is no {file.name} in it")
    return files


def transactions(source: DictConfig) -> Iterator[pa.Table]:
    """Yield one draft table of transactions a month."""
    with months.database() as db:
        _read(db, source)
        db.execute(_TRANSACTIONS)
        yield from months.by_month(db)


def customers(source: DictConfig) -> pa.Table:
    """Return the accounts opened by the last transaction, one row each, with their owner."""
    with months.database() as db:
        _read(db, source)
        return db.sql(_CUSTOMERS).to_arrow_table()


def _read(db: duckdb.DuckDBPyConnection, source: DictConfig) -> None:
    """Make a table of each file, all texts; empty and blank cells are ''."""
    for file in inputs(source):
        cells = db.read_csv(str(file), sep=";", header=True, all_varchar=True)
        cells.select("coalesce(trim(COLUMNS(*)), '')").create(file.stem)
