"""green-tsetlin, a coalesced Tsetlin machine in C++ with AVX2: `python3 green_tsetlin_peer.py SPEC.json`.

Not named after its package, which it would hide. `clauses` is the number that the package takes: one pool for all
classes. Training calls the C++ core as `green_tsetlin.trainer.Trainer._train_inner` does (executor.train_epoch: one call
an epoch), without its copy of the best state on test rows and without its progress bar.
"""

import ctypes
import os
import subprocess
import sys
import tempfile

import common
import resident

C_LOOP = """
#include <stdint.h>
#include "{header}"
void predict_rows(uint8_t* rows, int count, int columns, uint32_t* answers) {{
    for (int i = 0; i < count; ++i) answers[i] = (uint32_t)predict_tm(rows + (int64_t)i * columns);
}}
"""


def build(spec, gt, impl, x, y):
    """The machine, its clause blocks (one a thread, as Trainer makes them), and the executor of a number of threads."""
    settings, threads, seed = spec["settings"], spec.get("threads", 1), spec.get("seed", 0)
    tm = gt.TsetlinMachine(
        n_literals=x.shape[1],
        n_clauses=settings["clauses"],
        n_classes=int(y.max()) + 1,
        s=float(settings["s"]),
        threshold=int(settings["threshold"]),
        literal_budget=settings.get("literal_budget"),
        boost_true_positives=settings.get("boost", False),
    )
    tm.set_num_clause_blocks(threads)
    source = impl["dense_input"](x.shape[1])
    source.set_data(x, y)
    feedback = impl["feedback"](tm.n_classes, tm.threshold, seed)
    blocks = tm.construct_clause_blocks()
    for number, block in enumerate(blocks):
        block.set_feedback(feedback)
        block.set_input_block(source)
        block.initialize(seed=seed + number)  # as allocate_clause_blocks
    single = impl["single_executor"](source, blocks, feedback, 1, seed)
    many = impl["thread_executor"](source, blocks, feedback, threads, seed) if threads > 1 else single
    tm.kept_alive = feedback, blocks  # the core holds bare pointers to them
    return tm, source, single, many


def predictors(spec, gt, tm, x, y, expected):
    """Answers from the rule set: the package's Predictor, and its two exported C programs."""
    import numpy

    tm.load_state(tm._load_state_from_backend(only_return_copy=True))
    compile_s, predictor = common.timed(tm.get_predictor)
    rules = {"rules": len(predictor._ruleset), "literals": sum(map(len, predictor._ruleset.rules)), "convert_s": compile_s}

    def loop():
        return numpy.fromiter((predictor.predict(row) for row in x), dtype=numpy.uint32, count=len(x))

    if common.wants(spec, "inference"):
        common.inference(spec, "Predictor.predict, a Python loop", len(x), loop, y, expected, **rules)
    if common.wants(spec, "one_row"):
        common.one_row(spec, "Predictor.predict", len(x), lambda row: predictor.predict(x[row]), **rules)
    if common.wants(spec, "export"):
        sys.setrecursionlimit(100_000)  # the tree of topological_c is as deep as the longest clause
        for exporter in ("simple_c", "topological_c"):
            export(spec, predictor, exporter, x, y, expected)


def export(spec, predictor, exporter, x, y, expected):
    """`Predictor.export_as_program`, compiled as a program for this processor, and a C loop over the rows."""
    import numpy

    answers = numpy.zeros(len(x), dtype=numpy.uint32)
    with tempfile.TemporaryDirectory(dir=spec.get("scratch")) as folder:
        header = os.path.join(folder, exporter + ".h")
        try:
            write_s, _ = common.timed(predictor.export_as_program, header, exporter)
            loop, compile_s = compile_header(header, spec.get("compile_seconds", 120))
        except Exception as error:  # the other ways of predicting still count
            common.emit("missing", how=exporter, message=f"{type(error).__name__}: {error}"[:300])
            return

        def call():
            loop(x.ctypes.data, len(x), x.shape[1], answers.ctypes.data)
            return answers

        how = f"export_as_program {exporter}, gcc -O3 -march=native, a C loop"
        common.inference(spec, how, len(x), call, y, expected, write_s=write_s, compile_s=compile_s)


def compile_header(header, seconds):
    """Compiles an exported `int predict_tm(uint8_t*)` with a loop over rows; returns the loop and compiling seconds."""
    folder = os.path.dirname(os.path.abspath(header))
    source, library = header[:-2] + ".c", os.path.abspath(header[:-2] + ".so")
    with open(source, "w", encoding="ascii") as file:
        file.write(C_LOOP.format(header=os.path.basename(header)))
    command = ["gcc", "-O3", "-march=native", "-shared", "-fPIC", "-w", "-I", folder, "-o", library, source]
    spent, _ = common.timed(lambda: subprocess.run(command, check=True, timeout=seconds, stdout=subprocess.DEVNULL))
    loop = ctypes.CDLL(library).predict_rows
    loop.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_void_p]
    loop.restype = None
    return loop, spent


def peer(spec):
    import_s, _ = common.timed(__import__, "green_tsetlin")
    import green_tsetlin as gt
    import green_tsetlin_core as core
    import numpy
    from green_tsetlin.backend import impl

    x_train, y_train, x_test, y_test = common.load(spec, numpy.uint8, numpy.uint32)
    memory = resident.Memory()
    setup_s, (tm, source, single, many) = common.timed(build, spec, gt, impl, x_train, y_train)
    common.emit("setup", peer="green-tsetlin 1.1.0", avx2=core.has_avx2(), import_s=import_s, setup_s=setup_s, convert_s=0.0)
    answers = numpy.zeros(len(x_test), dtype=numpy.uint32)

    def train():
        many.train_epoch()  # green_tsetlin_core, executor.hpp: shuffles, then all samples in C++

    def predict():
        single.eval_predict(answers)
        return answers

    def test():
        source.set_data(x_test, y_test)  # keeps pointers only
        predict()
        source.set_data(x_train, y_train)
        return answers.copy()

    expected = common.epochs(spec, len(x_train), train, test, y_test)
    memory.report(spec, "training", rows_bytes=x_train.nbytes)
    source.set_data(x_test, y_test)
    if common.wants(spec, "inference"):
        how = "SingleThreadExecutor.eval_predict, one call"
        common.inference(spec, how, len(x_test), predict, y_test, expected)
    predictors(spec, gt, tm, x_test, y_test, expected)
    memory.report(spec, "inference")


if __name__ == "__main__":
    common.main(peer)
