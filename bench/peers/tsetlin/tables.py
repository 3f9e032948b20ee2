"""What the peers of general learners share: a held-out part of the training rows, a random search, the final records.

No test row is seen before the settings are chosen: the search fits on a part of the training rows and is judged on the
rest (whole groups where the specification names `groups_train`), and then all training rows are fitted once.
"""

import math
import random
import time
import warnings

import common


def load(spec):
    """float32 rows and integer labels."""
    import numpy

    return common.load(spec, numpy.float32, numpy.int64)


def hold_out(spec, labels, part=slice(None)):
    """Row numbers to fit on and to judge on: a fifth of each class, or a fifth of the groups with all their rows.

    `labels` are those of a part of the training rows, which `part` picks.
    """
    import numpy

    generator = numpy.random.default_rng(spec.get("seed", 0))
    share = spec.get("hold_out", 0.2)
    if spec.get("groups_train"):
        groups = numpy.load(spec["groups_train"])[part]
        names = generator.permutation(numpy.unique(groups))
        held = numpy.isin(groups, names[: max(1, round(share * len(names)))])
    else:
        held = numpy.zeros(len(labels), dtype=bool)
        for label in numpy.unique(labels):
            rows = generator.permutation(numpy.flatnonzero(labels == label))
            held[rows[: max(1, round(share * len(rows)))]] = True
    return numpy.flatnonzero(~held), numpy.flatnonzero(held)


def log_uniform(generator, low, high):
    """A number whose logarithm is uniform."""
    return math.exp(generator.uniform(math.log(low), math.log(high)))


def search(spec, draw, judge):
    """Random search: the first trial is the package's defaults, the others are drawn; ends at `tune.trials` or `.seconds`.

    `draw(generator, first)` makes settings, `judge(settings, deadline)` returns (score, settings to fit with).
    """
    budget = spec.get("tune", {})
    seconds, trials = budget.get("seconds", 60.0), budget.get("trials", 20)
    generator, start = random.Random(spec.get("seed", 0)), time.perf_counter()
    best, done = (-math.inf, None), 0
    while done < trials and (done == 0 or time.perf_counter() - start < seconds):
        score, chosen = judge(draw(generator, done == 0), start + seconds)
        if score > best[0]:
            best = score, chosen
        done += 1
    tuned = {"tune_s": time.perf_counter() - start, "trials": done, "tune_budget_s": seconds, "held_out_score": best[0]}
    return best[1], tuned


def fit(call):
    """Seconds and processor seconds of one fit, and whether the package warned that it did not converge."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        before = time.process_time()
        seconds, model = common.timed(call)
    converged = not any("Convergence" in warning.category.__name__ for warning in caught)
    return model, {"fit_s": seconds, "fit_cpu_s": time.process_time() - before, "converged": converged}


def metrics(answers, scores, truth):
    """Accuracy of the answers, and the area under the ROC curve where scores are of two classes."""
    from sklearn.metrics import roc_auc_score

    accuracy = None if answers is None else float((answers == truth).mean())
    auc = float(roc_auc_score(truth != 0, scores)) if scores is not None and scores.ndim == 1 else None
    return {"accuracy": accuracy, "auc": auc}


def finish(spec, fields, answers, scores, truth):
    """The record of a fitted model, and its answers and scores as files."""
    common.emit("fit", **fields, **metrics(answers, scores, truth))
    common.save_answers(spec, answers)
    common.save_answers(spec, scores, "scores")
