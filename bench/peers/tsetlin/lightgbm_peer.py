"""LightGBM, tuned within a budget: `python3 lightgbm_peer.py SPEC.json`.

Settings searched are those of its guide (docs/Parameters-Tuning.rst): num_leaves and min_data_in_leaf first, bagging and
feature fractions and lambdas against over-fitting, a small learning rate with the number of rounds by early stopping.
"""

import ctypes
import time

import common
import resident
import tables


def draw(generator, first):
    """The defaults, or a random choice."""
    if first:
        return {}
    return {
        "learning_rate": tables.log_uniform(generator, 0.02, 0.2),
        "num_leaves": round(tables.log_uniform(generator, 7, 127)),
        "min_data_in_leaf": round(tables.log_uniform(generator, 5, 100)),
        "feature_fraction": generator.uniform(0.2, 1.0),
        "bagging_fraction": generator.uniform(0.5, 1.0),
        "bagging_freq": 1,
        "lambda_l1": tables.log_uniform(generator, 1e-4, 10.0),
        "lambda_l2": tables.log_uniform(generator, 1e-4, 10.0),
    }


def fixed(spec, classes):
    """What is not searched."""
    common_settings = {
        "num_threads": spec.get("threads", 1),
        "seed": spec.get("seed", 0),
        "deterministic": True,
        "force_col_wise": True,
        "verbosity": -1,
        "feature_pre_filter": False,  # else one data set cannot serve several min_data_in_leaf
    }
    if classes == 2:
        return common_settings | {"objective": "binary", "metric": "binary_logloss"}
    return common_settings | {"objective": "multiclass", "metric": "multi_logloss", "num_class": classes}


def judge(spec, lightgbm, base, x, y):
    """The score of settings on held-out rows; their rounds are those that early stopping chose."""
    fitted, held = tables.hold_out(spec, y)
    data = lightgbm.Dataset(x[fitted], y[fitted], params=base, free_raw_data=False)
    most = spec.get("rounds", 3000)
    judged = lightgbm.Dataset(x[held], y[held], reference=data, params=base, free_raw_data=False)

    def score(settings, deadline):
        def in_time(env):
            if time.perf_counter() > deadline and env.iteration > 0:
                raise lightgbm.callback.EarlyStopException(env.iteration, env.evaluation_result_list)

        stop = lightgbm.early_stopping(50, verbose=False)
        booster = lightgbm.train(base | settings, data, most, [judged], callbacks=[stop, in_time])
        rounds = booster.best_iteration or booster.current_iteration()
        scores = booster.predict(x[held], num_iteration=rounds)
        result = tables.metrics(labels(scores), scores, y[held])
        stopped = booster.current_iteration() < most and time.perf_counter() <= deadline  # early, and not by the budget
        return result[spec.get("metric", "accuracy")], settings | {"rounds": rounds, "converged": stopped}

    return score


def labels(scores):
    """Classes from probabilities."""
    return (scores > 0.5).astype("int64") if scores.ndim == 1 else scores.argmax(axis=1)


def single_row(lightgbm, booster, x, classes, base):
    """LGBM_BoosterPredictForMatSingleRowFast of the C API, its documented way for one row at a time (float32, 1 thread)."""
    library, config = lightgbm.basic._LIB, ctypes.c_void_p()
    width = 1 if classes == 2 else base["num_class"]
    result, length = (ctypes.c_double * width)(), ctypes.c_int64()
    handle = getattr(booster, "_handle", None) or booster.handle
    setup = (ctypes.c_int(0), ctypes.c_int(0), ctypes.c_int(-1), ctypes.c_int(0), ctypes.c_int32(x.shape[1]))
    if library.LGBM_BoosterPredictForMatSingleRowFastInit(handle, *setup, b"num_threads=1", ctypes.byref(config)):
        raise RuntimeError("LGBM_BoosterPredictForMatSingleRowFastInit failed")
    call, address, step = library.LGBM_BoosterPredictForMatSingleRowFast, x.ctypes.data, x.strides[0]
    count, place = ctypes.byref(length), ctypes.byref(result)

    def predict(row):
        call(config, ctypes.c_void_p(address + row * step), count, place)
        return result

    return predict


def peer(spec):
    import_s, _ = common.timed(__import__, "lightgbm")
    import lightgbm
    import numpy

    x_train, y_train, x_test, y_test = tables.load(spec)
    memory = resident.Memory()
    common.emit("setup", peer=f"lightgbm {lightgbm.__version__}", import_s=import_s)
    classes = int(y_train.max()) + 1
    base = fixed(spec, classes)
    chosen, tuned = tables.search(spec, draw, judge(spec, lightgbm, base, x_train, y_train))
    memory.report(spec, "tuning")
    settings = {name: value for name, value in chosen.items() if name not in ("rounds", "converged")}
    convert_s, data = common.timed(lambda: lightgbm.Dataset(x_train, y_train, params=base).construct())
    booster, fitted = tables.fit(lambda: lightgbm.train(base | settings, data, chosen["rounds"]))
    fitted["converged"] = chosen["converged"]
    memory.report(spec, "training")
    scores = booster.predict(x_test, num_threads=1)
    fields = {"learner": "lightgbm", "convert_s": convert_s, "samples": len(x_train), "settings": chosen, **fitted, **tuned}
    tables.finish(spec, fields, labels(scores), scores, y_test)
    if common.wants(spec, "inference"):
        call = lambda: labels(booster.predict(x_test, num_threads=1))  # noqa: E731
        common.inference(spec, "Booster.predict, one call", len(x_test), call, y_test, labels(scores))
    if common.wants(spec, "one_row"):
        fast = single_row(lightgbm, booster, x_test, classes, base)
        if not all(numpy.allclose(numpy.ravel(scores[row]), fast(row)[:]) for row in range(min(20, len(x_test)))):
            raise RuntimeError("the single-row call answers differently")
        common.one_row(spec, "LGBM_BoosterPredictForMatSingleRowFast", len(x_test), fast)
    memory.report(spec, "inference")


if __name__ == "__main__":
    common.main(peer)
