"""What the peers of the Tsetlin bench share: the specification, records on standard output, clocks.

Importing this module imports nothing but the standard library, so that `main` can set thread counts before a peer's
libraries load. Every record is one line of JSON, flushed at once: a peer that is killed leaves its finished epochs.
"""

import json
import os
import sys
import time
import traceback

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
ALL_MEASURES = ("inference", "one_row", "export", "memory")
RECORDS = sys.stdout


def emit(kind, **fields):
    """Writes one record."""
    print(json.dumps({"kind": kind, **fields}), file=RECORDS, flush=True)


def keep_records_alone():
    """Lets only records reach standard output: what libraries print there (tmu logs so) goes to standard error."""
    global RECORDS
    RECORDS = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)


def main(peer):
    """Runs `peer(spec)` on the specification that the command line names; whatever fails is an error record, exit 1."""
    keep_records_alone()
    try:
        if len(sys.argv) != 2:
            raise ValueError(f"usage: python3 {os.path.basename(sys.argv[0])} SPEC.json")
        with open(sys.argv[1], encoding="utf-8") as file:
            spec = json.load(file)
        for variable in THREAD_VARIABLES:
            os.environ[variable] = str(spec.get("threads", 1))
        peer(spec)
    except Exception as error:  # a record must come out whatever the package raised
        traceback.print_exc()
        emit("error", message=f"{type(error).__name__}: {error}")
        sys.exit(1)


def wants(spec, measure):
    """Whether the specification asks for a measure; without a list, all are taken."""
    return measure in spec.get("measure", ALL_MEASURES)


def load(spec, rows, labels):
    """The four arrays, contiguous, as `rows` and `labels` types; conversion is not part of any time."""
    import numpy

    types = {"x_train": rows, "y_train": labels, "x_test": rows, "y_test": labels}
    return [numpy.ascontiguousarray(numpy.load(spec[name]), dtype=kind) for name, kind in types.items()]


def timed(call, *arguments):
    """Seconds that one call took, and its result."""
    start = time.perf_counter()
    result = call(*arguments)
    return time.perf_counter() - start, result


def epochs(spec, rows, train, predict, truth):
    """Trains epoch by epoch; a new one begins while training alone took less than `seconds`.

    `train()` is one epoch, `predict()` answers the test rows outside the clock. The peer never sees how good it was:
    no best epoch is kept, the last state goes on to the other measures.
    """
    spent, processor, answers = 0.0, 0.0, None
    every = spec.get("test_every", 1)
    for epoch in range(1, spec.get("epochs", 1) + 1):
        if spent >= spec.get("seconds", float("inf")):
            break
        before = time.process_time()
        spent += timed(train)[0]
        processor += time.process_time() - before
        if epoch % every == 0 or epoch == spec.get("epochs", 1) or spent >= spec.get("seconds", float("inf")):
            test_seconds, answers = timed(predict)
            found = {"accuracy": float((answers == truth).mean()), "test_s": test_seconds}
            emit("epoch", epoch=epoch, train_s=spent, train_cpu_s=processor, samples=rows, **found)
    save_answers(spec, answers)
    return answers


def save_answers(spec, answers, name="answers"):
    """Writes answers for the test rows where the specification names a file for them."""
    import numpy

    if spec.get(name) and answers is not None:
        numpy.save(spec[name], numpy.asarray(answers))


def inference(spec, how, rows, call, truth, expected=None, **fields):
    """Times a way of answering all rows: one call to warm up, then repeats for `inference_seconds` (at least 3)."""
    warm, answers = timed(call)
    times, limit, before = [], spec.get("inference_seconds", 1.0), time.process_time()
    while len(times) < 3 or (sum(times) < limit and len(times) < 1000):
        times.append(timed(call)[0])
    processor = (time.process_time() - before) / len(times)
    agree = None if expected is None else float((answers == expected).mean())
    times.sort()
    emit(
        "inference",
        how=how,
        rows=rows,
        seconds=times[len(times) // 2],
        best_s=times[0],
        first_s=warm,
        cpu_s=processor,
        repeats=len(times),
        threads=1,
        accuracy=None if truth is None else float((answers == truth).mean()),
        agree=agree,
        **fields,
    )


def one_row(spec, how, rows, call, **fields):
    """Times answers for one row at a time: `call(i)` answers row i. The time is the median over up to `one_rows` rows."""
    times = []
    call(0)
    for row in range(min(rows, spec.get("one_rows", 500))):
        times.append(timed(call, row)[0])
    times.sort()
    found = {"seconds": times[len(times) // 2], "p99_s": times[int(len(times) * 0.99)]}
    emit("one_row", how=how, **found, rows=len(times), threads=1, **fields)
