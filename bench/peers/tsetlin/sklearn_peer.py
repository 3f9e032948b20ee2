"""scikit-learn, one learner a process: `python3 sklearn_peer.py SPEC.json`, the learner named by `settings.learner`.

Classifiers (logistic, random_forest, extra_trees, hist_gradient_boosting, mlp_32, mlp_128_128, mlp_512_512) are tuned by
random search on held-out training rows. The detectors of anomalies see normal rows alone (label 0): isolation_forest at
its defaults with 300 trees (normal rows give nothing to tune by), autoencoder (an MLPRegressor onto its own input, score =
squared error) tuned by the error on held-out normal rows. `settings.hidden` names the autoencoder's layers.
"""

import common
import resident
import tables

MLPERF_TINY = [128, 128, 128, 128, 8, 128, 128, 128, 128]


def scaled(estimator):
    """The estimator behind a standard scaler, as the user guide advises for linear and neural models."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), estimator)


def neural(kind, settings, layers, seed, rounds):
    """A multi-layer perceptron with Adam and early stopping on a tenth of its rows."""
    from sklearn import neural_network

    make = getattr(neural_network, kind)
    kept = {"early_stopping": True, "n_iter_no_change": 10, "max_iter": rounds, "random_state": seed}
    return make(hidden_layer_sizes=layers, **kept, **settings)


def make(spec, name, settings):
    """An unfitted learner."""
    from sklearn import ensemble, linear_model

    seed, jobs, rounds = spec.get("seed", 0), spec.get("threads", 1), spec.get("rounds", 300)
    if name == "logistic":
        return scaled(linear_model.LogisticRegression(max_iter=rounds * 5, **settings))
    if name == "random_forest":
        return ensemble.RandomForestClassifier(n_estimators=spec.get("trees", 300), n_jobs=jobs, random_state=seed, **settings)
    if name == "extra_trees":
        return ensemble.ExtraTreesClassifier(n_estimators=spec.get("trees", 300), n_jobs=jobs, random_state=seed, **settings)
    if name == "hist_gradient_boosting":
        kept = {"early_stopping": True, "n_iter_no_change": 20, "max_iter": rounds * 2, "random_state": seed}
        return ensemble.HistGradientBoostingClassifier(**kept, **settings)
    if name == "isolation_forest":
        return ensemble.IsolationForest(n_estimators=spec.get("trees", 300), n_jobs=jobs, random_state=seed)
    if name == "autoencoder":
        layers = spec["settings"].get("hidden", MLPERF_TINY)
        return neural("MLPRegressor", settings, layers, seed, rounds)
    if name.startswith("mlp_"):
        layers = [int(size) for size in name.split("_")[1:]]
        return scaled(neural("MLPClassifier", settings, layers, seed, rounds))
    raise ValueError(f"no learner {name}")


def draw(name, generator, first):
    """The defaults, or a random choice of what the user guide says matters."""
    if first:
        return {}
    if name == "logistic":
        return {"C": tables.log_uniform(generator, 1e-4, 10.0)}
    if name in ("random_forest", "extra_trees"):
        leaf = generator.choice([1, 1, 2, 4])
        return {"max_features": generator.choice(["sqrt", 0.05, 0.1, 0.2, 0.4]), "min_samples_leaf": leaf}
    if name == "hist_gradient_boosting":
        return {
            "learning_rate": tables.log_uniform(generator, 0.02, 0.3),
            "max_leaf_nodes": round(tables.log_uniform(generator, 7, 127)),
            "min_samples_leaf": round(tables.log_uniform(generator, 5, 100)),
            "l2_regularization": tables.log_uniform(generator, 1e-4, 10.0),
            "max_features": generator.uniform(0.2, 1.0),
        }
    return {
        "learning_rate_init": tables.log_uniform(generator, 3e-4, 1e-2),
        "alpha": tables.log_uniform(generator, 1e-6, 1.0),
        "batch_size": generator.choice([64, 128, 256]),
    }


def classify(spec, name, arrays, memory):
    """Tunes, fits all training rows, and answers; returns what answers rows."""
    x_train, y_train, x_test, y_test = arrays
    kept, held = tables.hold_out(spec, y_train)

    def judge(settings, _deadline):
        model = make(spec, name, settings).fit(x_train[kept], y_train[kept])
        result = tables.metrics(*answer(model, x_train[held]), y_train[held])
        return result[spec.get("metric", "accuracy")], settings

    chosen, tuned = tables.search(spec, lambda generator, first: draw(name, generator, first), judge)
    memory.report(spec, "tuning")
    model, fitted = tables.fit(lambda: make(spec, name, chosen).fit(x_train, y_train))
    memory.report(spec, "training")
    fields = {"learner": name, "samples": len(x_train), "settings": chosen, **fitted, **tuned}
    tables.finish(spec, fields, *answer(model, x_test), y_test)
    return model.predict


def answer(model, x):
    """Classes and scores; of two classes the score is the probability of the second."""
    scores = model.predict_proba(x)
    return model.classes_[scores.argmax(axis=1)], scores[:, 1] if scores.shape[1] == 2 else scores


def detect(spec, name, arrays, memory):
    """Fits normal rows alone and scores all test rows; returns what scores rows."""
    from sklearn.preprocessing import StandardScaler

    x_train, y_train, x_test, y_test = arrays
    normal = x_train[y_train == 0]
    chosen, tuned, scale = {}, {}, StandardScaler().fit(normal)
    rows = scale.transform(normal) if name == "autoencoder" else normal
    if name == "autoencoder":
        kept, held = tables.hold_out(spec, y_train[y_train == 0], y_train == 0)

        def judge(settings, _deadline):
            model = make(spec, name, settings).fit(rows[kept], rows[kept])
            return -float(((model.predict(rows[held]) - rows[held]) ** 2).mean()), settings

        chosen, tuned = tables.search(spec, lambda generator, first: draw(name, generator, first), judge)
        memory.report(spec, "tuning")
    model, fitted = tables.fit(lambda: make(spec, name, chosen).fit(rows, rows))
    memory.report(spec, "training")

    def score(x):
        if name == "isolation_forest":
            return -model.score_samples(x)
        x = scale.transform(x)
        return ((model.predict(x) - x) ** 2).mean(axis=1)

    fields = {"learner": name, "samples": len(rows), "settings": chosen, **fitted, **tuned}
    tables.finish(spec, fields, None, score(x_test), y_test)
    return score


def peer(spec):
    import_s, _ = common.timed(__import__, "sklearn.ensemble")
    import sklearn
    import sklearn.neural_network  # noqa: F401

    arrays = tables.load(spec)
    memory = resident.Memory()
    common.emit("setup", peer=f"scikit-learn {sklearn.__version__}", import_s=import_s)
    name = spec["settings"]["learner"]
    anomalies = name in ("isolation_forest", "autoencoder")
    predict = (detect if anomalies else classify)(spec, name, arrays, memory)
    x_test, truth = arrays[2], None if anomalies else arrays[3]
    sklearn.set_config(assume_finite=True)  # its own advice for speed: no search for NaN in rows to answer
    if common.wants(spec, "inference"):
        how = f"{'score' if anomalies else 'predict'}, one call"
        common.inference(spec, how, len(x_test), lambda: predict(x_test), truth)
    if common.wants(spec, "one_row"):
        common.one_row(spec, "one row in a call", len(x_test), lambda row: predict(x_test[row : row + 1]))
    memory.report(spec, "inference")


if __name__ == "__main__":
    common.main(peer)
