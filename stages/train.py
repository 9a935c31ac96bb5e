"""Train: the capability model, once for the holdout to judge and once to score as_of."""

import logging
from dataclasses import replace

from sklearn.utils._param_validation import InvalidParameterError

from stages.adapters import config, frames, models
from stages.adapters.logs import stage
from stages.adapters.paths import MODELS
from stages.adapters.recipes import recipe
from stages.domain.cutoffs import months_of
from stages.domain.errors import UserError
from stages.domain.training import fit

log = logging.getLogger(__name__)


@stage
def main() -> None:
    """Write models/holdout and models/capability."""
    params = config.load()
    made = recipe(params)
    plan = frames.plan(made.spec)
    spec = plan.spec(made.spec)
    made = replace(made, spec=spec)
    if plan.monthly:
        months = months_of(spec.horizon)
        made = replace(made, momentum=made.momentum.of_statements(months))
    for name, cutoffs, as_of in (
        ("holdout", plan.training, plan.cutoff),
        ("capability", plan.refit, plan.as_of),
    ):
        rows = frames.read(cutoffs, as_of, params.most_rows)
        silent = frames.silent(rows, as_of)
        try:
            model = fit(rows, cutoffs, as_of, plan.first, plan.target_days, made, silent)
        except InvalidParameterError as error:
            raise UserError(f"conf/model or seed: {error}") from error
        models.save(model, MODELS / name)
        log.info(
            "%s: %d features at %d cutoffs, made for %s",
            name,
            len(model.columns),
            len(cutoffs),
            as_of,
            extra={"features": len(model.columns), "bytes": len(model.ensemble)},
        )
        if model.caution:
            log.warning("%s: low confidence: %s", name, model.caution)


if __name__ == "__main__":
    main()
