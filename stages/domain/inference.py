"""The exported model at work: features in, expected spend out."""

from collections.abc import Callable

import numpy as np
import onnxruntime
from numpy.typing import NDArray


def scorer(content: bytes) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """The function from features [n, f] to expected spend [n]; one thread, safe to share.

    A row with NaN or infinity gets NaN; another number of columns is onnxruntime's InvalidArgument.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    def score(features: NDArray[np.float64]) -> NDArray[np.float64]:
        return session.run(["expected"], {"features": np.asarray(features, np.float64)})[0]

    return score
