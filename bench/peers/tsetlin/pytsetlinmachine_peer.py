"""pyTsetlinMachine and pyTsetlinMachineParallel (C, OpenMP): `python3 pytsetlinmachine_peer.py SPEC.json`.

Whichever of the two its environment holds; both cannot share a folder. `clauses` is a class's. `MultiClassTsetlinMachine
.fit` and `.predict` encode their rows on every call; the clock here is around the C functions that they then call
(itm_fit or mc_tm_fit, one call an epoch; itm_predict or mc_tm_predict, one call for all rows), and encoding is told apart.
"""

import common
import resident


def build(spec, package):
    """The machine with the settings of the package's MNIST examples; only the one-threaded package has an index."""
    settings = spec["settings"]
    arguments = {
        "boost_true_positive_feedback": int(settings.get("boost", True)),
        "weighted_clauses": settings.get("weighted_clauses", False),
    }
    if package == "pyTsetlinMachine":
        arguments["indexed"] = settings.get("indexed", True)
        arguments["max_included_literals"] = settings.get("literal_budget")
    elif settings.get("literal_budget") is not None:
        raise ValueError(f"{package} has no literal budget")
    module = __import__(f"{package}.tm", fromlist=["tm"])
    machine = module.MultiClassTsetlinMachine(settings["clauses"], settings["threshold"], float(settings["s"]), **arguments)
    return module, machine


def seed(number):
    """Both packages draw from the C library's `rand` (and from a generator of their own that has a fixed seed)."""
    import ctypes

    ctypes.CDLL(None).srand(number)


def encoded(machine, x, y):
    """The rows as `fit` encodes them, by a `fit` of no epochs; the first also makes the machine."""
    machine.fit(x, y, epochs=0, incremental=True)
    return machine.encoded_X


def peer(spec):
    import importlib.util

    names = ("pyTsetlinMachine", "pyTsetlinMachineParallel")
    package = next(name for name in names if importlib.util.find_spec(name))
    import numpy

    threads = spec.get("threads", 1)
    if package == "pyTsetlinMachine" and threads != 1:
        raise ValueError("pyTsetlinMachine runs on one thread; pyTsetlinMachineParallel is its multithreaded variant")
    x_train, y_train, x_test, y_test = common.load(spec, numpy.uint32, numpy.uint32)
    memory = resident.Memory()
    import_s, (module, machine) = common.timed(build, spec, package)
    seed(spec.get("seed", 0))
    convert_s, rows = common.timed(encoded, machine, x_train, y_train)
    test_rows = encoded(machine, x_test, y_test)
    memory.report(spec, "conversion")
    common.emit("setup", peer=package, import_s=import_s, setup_s=0.0, convert_s=convert_s)
    library, indexed = module._lib, getattr(machine, "indexed", False)
    answers = numpy.zeros(len(x_test), dtype=numpy.uint32)

    def train():
        if indexed:
            library.itm_fit(machine.itm, rows, y_train, len(x_train), 1)
        else:
            library.mc_tm_fit(machine.mc_tm, rows, y_train, len(x_train), 1)

    def by_index():
        library.itm_predict(machine.itm, test_rows, answers, len(x_test))
        return answers

    def dense():
        library.mc_tm_predict(machine.mc_tm, test_rows, answers, len(x_test))
        return answers

    def test():
        return (by_index if indexed else dense)().copy()

    expected = common.epochs(spec, len(x_train), train, test, y_test)
    memory.report(spec, "training")
    if common.wants(spec, "inference"):
        set_threads(1)
        if indexed:
            common.inference(spec, "itm_predict, one call (builds its index in it)", len(x_test), by_index, y_test, expected)
        common.inference(spec, "mc_tm_predict, one call", len(x_test), dense, y_test, expected)
    if common.wants(spec, "one_row"):
        machine.indexed = False  # the index would be built anew for every row
        how = "predict of one row without the index, encoding included"
        common.one_row(spec, how, len(x_test), lambda row: machine.predict(x_test[row : row + 1]))
    memory.report(spec, "inference")


def set_threads(number):
    """Threads of OpenMP from here on; without OpenMP there is nothing to set."""
    import ctypes

    set_number = getattr(ctypes.CDLL(None), "omp_set_num_threads", None) or openmp()
    if set_number:
        set_number(number)


def openmp():
    """`omp_set_num_threads` of the library that the parallel package has loaded."""
    import ctypes

    try:
        return ctypes.CDLL("libgomp.so.1").omp_set_num_threads
    except OSError:
        return None


if __name__ == "__main__":
    common.main(peer)
