"""What preprocess leaves on disk: the training frame and the plan of its cutoffs."""

from collections.abc import Sequence
from datetime import date

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import TypeAdapter

from stages.adapters.files import read_json, write_json
from stages.adapters.paths import PROCESSED
from stages.adapters.raw import CUSTOMERS
from stages.domain import frame
from stages.domain.cutoffs import Plan
from stages.domain.errors import UserError
from stages.domain.shards import drawn
from stages.domain.spec import Spec

FRAME, PLAN = PROCESSED / "frame.parquet", PROCESSED / "plan.json"
_PLAN, _SPEC = TypeAdapter(Plan), TypeAdapter(Spec)


def plan(spec: Spec | None = None) -> Plan:
    """The plan of cutoffs that preprocess wrote; UserError where it was made by another `spec`."""
    written = read_json(PLAN)
    if spec and written["spec"] != _SPEC.dump_python(spec, mode="json"):
        raise UserError(
            "params.yaml has changed since data/processed was made (horizon, features or target):"
            " make it again with `dvc repro`"
        )
    return _PLAN.validate_python(written["plan"])


def write_plan(plan: Plan, spec: Spec) -> None:
    """Write down the plan and what the features were made by, dates as ISO text."""
    pieces = {"plan": _PLAN.dump_python(plan, mode="json")}
    write_json(PLAN, pieces | {"spec": _SPEC.dump_python(spec, mode="json")})


def silent(rows: pd.DataFrame, as_of: date) -> int:
    """How many customers are known that have no transaction before `as_of`: no row there."""
    known = pq.read_table(CUSTOMERS, columns=["customer_id"])["customer_id"]
    there = rows.loc[rows["cutoff"] == pd.Timestamp(as_of), "customer_id"]
    return known.filter(pc.invert(pc.is_in(known, pa.array(there, known.type)))).length()


def read(cutoffs: Sequence[date], whole: date, most_rows: int) -> pd.DataFrame:
    """The rows of `cutoffs`, and those of `whole`, where every customer is needed.

    Where `cutoffs` have more than `most_rows`, customers are drawn by the hash of their id: with
    all their rows or none, the same ones on every machine, and among a larger draw's.
    """
    wanted = pa.array(pd.to_datetime(list(cutoffs)), pa.timestamp("ms"))
    everybody = pa.scalar(pd.Timestamp(whole), pa.timestamp("ms"))
    with pq.ParquetFile(FRAME) as file:
        there = file.read(columns=["cutoff"])["cutoff"].cast(pa.timestamp("ms"))
        share = most_rows / max(pc.sum(pc.is_in(there, wanted)).as_py() or 0, 1)
        kept = []
        for batch in file.iter_batches():
            cutoff = batch["cutoff"].cast(pa.timestamp("ms"))
            chosen = pc.is_in(cutoff, wanted)
            if share < 1:
                chosen = pc.and_(chosen, drawn(batch["customer_id"], share))
            kept.append(batch.filter(pc.or_(chosen, pc.equal(cutoff, everybody))))
    return pa.Table.from_batches(kept).cast(frame.schema(kept[0].schema.names)).to_pandas()
