"""tmu (vanilla, sparse or coalesced Tsetlin machine, C below Python): `python3 tmu_peer.py SPEC.json`.

Not named after its package, which it would hide. `settings.machine` is `vanilla` (clauses are those of one class) or
`coalesced` (one pool). Every sample passes through Python (TMClassifier.fit, TMCoalescedClassifier.fit), and so does
every predicted row (predict): the package offers no other way, and no threads.
"""

import common
import resident


def build(settings, seed):
    """A classifier with the settings that the package's MNIST examples name."""
    from tmu.models.classification.coalesced_classifier import TMCoalescedClassifier
    from tmu.models.classification.vanilla_classifier import TMClassifier

    names = {"clauses": "number_of_clauses", "threshold": "T", "literal_budget": "max_included_literals"}
    known = {"clauses", "threshold", "s", "literal_budget", "boost", "machine"}
    extra = {name: value for name, value in settings.items() if name not in known}
    arguments = {names[name]: settings[name] for name in names if settings.get(name) is not None}
    arguments |= {"s": float(settings["s"]), "boost_true_positive_feedback": int(settings.get("boost", True)), "seed": seed}
    coalesced = settings.get("machine") == "coalesced"
    return (TMCoalescedClassifier if coalesced else TMClassifier)(**arguments, **extra), coalesced


def convert(tm, coalesced, x, y):
    """Makes the clause banks and encodes the training rows into the cache that `fit` looks in."""
    tm.init(x, y)
    bank = tm.clause_bank if coalesced else tm.clause_banks[0]
    tm.train_encoder_cache.get_encoded_data(x, encoder_func=bank.prepare_X)


def peer(spec):
    import_s, _ = common.timed(__import__, "tmu.models.classification.vanilla_classifier")
    import numpy

    if spec.get("threads", 1) != 1:
        raise ValueError("tmu runs on one thread")
    # fit asserts uint32; numpy 1.26.4 is needed because numpy 2 makes it overflow
    x_train, y_train, x_test, y_test = common.load(spec, numpy.uint32, numpy.uint32)
    memory = resident.Memory()
    tm, coalesced = build(spec["settings"], spec.get("seed", 0))
    convert_s, _ = common.timed(convert, tm, coalesced, x_train, y_train)
    memory.report(spec, "conversion")
    common.emit("setup", peer="tmu 0.8.3", import_s=import_s, setup_s=0.0, convert_s=convert_s)

    def predict():
        return tm.predict(x_test)  # encodes rows at the first call only: they are cached by content

    expected = common.epochs(spec, len(x_train), lambda: tm.fit(x_train, y_train), predict, y_test)
    memory.report(spec, "training")
    if common.wants(spec, "inference"):
        how = "predict, one call (a Python loop inside)"
        common.inference(spec, how, len(x_test), predict, y_test, expected)
    if common.wants(spec, "one_row"):
        how = "predict of one row, encoding included"
        common.one_row(spec, how, len(x_test), lambda row: tm.predict(x_test[row : row + 1]))
    memory.report(spec, "inference")


if __name__ == "__main__":
    common.main(peer)
