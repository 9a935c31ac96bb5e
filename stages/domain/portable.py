"""The fitted capability model as inert bytes: one ONNX graph, in double precision throughout."""

import json
from collections.abc import Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper, parser
from sklearn.ensemble import HistGradientBoostingRegressor

from stages.domain.capability import LOG_SCALE, LOG_WEIGHT, CapabilityRegressor

FEATURE_NAMES = "feature_names"  # the metadata key; its value is a JSON list, in column order

# ONNX has no log1p: log(1 + x) plus what the sum lost of x, so that small values keep their digits.
# It has no expm1 either, but exp(x) - 1 will do, added to two learners that are above 0.
# Mul and ReduceSum, since MatMul may round differently with the number of rows.
# TreeEnsemble, unlike the older TreeEnsembleRegressor, answers in double.
GRAPH = """
<ir_version: 10, opset_import: ["": 21, "ai.onnx.ml": 5]>
capability (double[n, f] features) => (double[n] expected)
<double zero = {0}, double one = {1}, int64[1] columns = {1}>
{
    # linear learner: exp(intercept + coefficients · standardised(sign(x) log1p(|x|)))
    size = Abs (features)
    above_one = Add (size, one)
    plain_log = Log (above_one)
    size_kept = Sub (above_one, one)
    size_lost = Sub (size, size_kept)
    log_lost = Div (size_lost, above_one)
    log_size = Add (plain_log, log_lost)
    sign = Sign (features)
    signed_log = Mul (sign, log_size)
    centred = Sub (signed_log, centre)
    standardised = Div (centred, scale)
    weights = Mul (standardised, coefficients)
    weighted = ReduceSum (weights, columns)
    linear_log = Add (weighted, intercept)
    linear = Exp (linear_log)

    # Poisson boosting: exp(baseline + trees)
    boosted_trees = ai.onnx.ml.TreeEnsemble (features)
    boosted_raw = Add (boosted_trees, boosted_baseline)
    boosted = Exp (boosted_raw)

    # boosting of the log: max(0, expm1(baseline + trees)) · its factor
    log_trees = ai.onnx.ml.TreeEnsemble (features)
    log_raw = Add (log_trees, log_baseline)
    power = Exp (log_raw)
    less_one = Sub (power, one)
    spend = Max (less_one, zero)
    log_based = Mul (spend, log_factor)

    total = Sum (linear, boosted, log_based)
    money = Mul (total, share)
    expected = Squeeze (money, columns)
}
"""


def to_onnx(model: CapabilityRegressor, names: Sequence[str]) -> bytes:
    """The fitted model as ONNX: "features" double [n, f] to "expected" double [n].

    `names` [f] of its columns travel in the metadata. Agrees with `model.predict` up to rounding;
    the same model gives the same bytes.
    """
    _, scaler, poisson = (step for _, step in model.linear_.steps)
    constants = {
        "centre": scaler.mean_,
        "scale": scaler.scale_,
        "coefficients": poisson.coef_,
        "intercept": poisson.intercept_,
        "boosted_baseline": model.boosted_._baseline_prediction.item(),
        "log_baseline": model.boosted_log_._baseline_prediction.item(),
        "log_factor": LOG_WEIGHT * model.smearing_ / LOG_SCALE,
        "share": model.share_,
    }
    portable = parser.parse_model(GRAPH)
    portable.graph.input[0].type.tensor_type.shape.dim[1].dim_value = len(names)
    portable.graph.initializer.extend(
        numpy_helper.from_array(np.asarray(value, np.float64), name)
        for name, value in constants.items()
    )
    trees = {"boosted_trees": model.boosted_, "log_trees": model.boosted_log_}
    for node in portable.graph.node:
        if node.op_type == "TreeEnsemble":
            node.attribute.extend(_tree_attributes(trees[node.output[0]]))
    helper.set_model_props(portable, {FEATURE_NAMES: json.dumps(list(names))})
    onnx.checker.check_model(portable)
    return portable.SerializeToString(deterministic=True)


def _tree_attributes(booster: HistGradientBoostingRegressor) -> list[onnx.AttributeProto]:
    """The attributes of TreeEnsemble; https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html

    Reads scikit-learn's private `_predictors`, whose leaves already hold the learning rate: a new
    scikit-learn, pinned in requirements.txt, must first pass the parity tests.
    """
    trees = [_with_a_split(tree.nodes) for (tree,) in booster._predictors]
    roots = np.cumsum([0, *(len(tree) for tree in trees[:-1])])
    nodes = np.concatenate(trees)
    offset = np.repeat(roots, [len(tree) for tree in trees])
    leaf = nodes["is_leaf"].astype(bool)
    position = np.where(leaf, np.cumsum(leaf), np.cumsum(~leaf)) - 1  # leaves are counted apart
    splits, leaves = nodes[~leaf], nodes[leaf]
    left = splits["left"] + offset[~leaf]
    right = splits["right"] + offset[~leaf]
    integers = {
        "n_targets": np.int64(1),
        "tree_roots": position[roots],
        "nodes_featureids": splits["feature_idx"],
        "nodes_truenodeids": position[left],
        "nodes_trueleafs": leaf[left],
        "nodes_falsenodeids": position[right],
        "nodes_falseleafs": leaf[right],
        "leaf_targetids": np.zeros(len(leaves)),
    }
    tensors = {
        "nodes_modes": np.zeros(len(splits), np.uint8),  # 0: x <= split is true, and goes left
        "nodes_splits": splits["num_threshold"],
        "leaf_weights": leaves["value"],
    }
    return [
        *(helper.make_attribute(k, v.astype(int).tolist()) for k, v in integers.items()),
        *(helper.make_attribute(k, numpy_helper.from_array(v.copy())) for k, v in tensors.items()),
    ]


def _with_a_split(nodes: NDArray[np.void]) -> NDArray[np.void]:
    """A tree of one leaf as a split with that leaf on both sides, since ONNX roots are splits."""
    if len(nodes) > 1:
        return nodes
    split, leaf = np.repeat(nodes, 2)[:, np.newaxis].copy()
    split["is_leaf"], split["left"], split["right"] = 0, 1, 1
    return np.concatenate([split, leaf])
