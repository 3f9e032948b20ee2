"""Who solves what of the training list: `train.py INSTANCES LOG.tsv WHO SECONDS MINUTES [NAME..]`.

INSTANCES is the folder that `generate.py training.tsv INSTANCES` has written. WHO is `lama-first` for Fast Downward's
alias, or a search of `isogrid run --search`, `auto` for the portfolio. An attempt has SECONDS of processor time, 2 GiB
and the core that this script is pinned to. Attempts are appended to LOG and not repeated, so a run that was stopped, or
ended after MINUTES, goes on. NAMEs are beginnings of names of instances.

Needs `isogrid` at $ISOGRID and the driver of Fast Downward at $DOWNWARD.
"""

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BYTES = 2 << 30
HEADER = "name\twho\tversion\tverdict\tcpu_seconds\tsearch_seconds\tcost\tevaluated\tpeak_mb"


def limits(seconds: int):
    def set_them():
        resource.setrlimit(resource.RLIMIT_CPU, (seconds + 1, seconds + 1))
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))

    return set_them


def command(who: str, seconds: int) -> list[str]:
    if who == "lama-first":
        told = ["--overall-time-limit", f"{seconds}s", "--overall-memory-limit", "2048M"]
        return ["python3", os.environ["DOWNWARD"], *told, "--alias", "lama-first", "domain.pddl", "problem.pddl"]
    program = [os.environ["ISOGRID"], "run", "domain.pddl", "problem.pddl", "--first", "--search", who]
    return [*program, "--json", "--budget", f"{3 * seconds}s,{BYTES}B"]


def numbers(who: str, text: str) -> tuple[float, ...]:
    """Seconds of the search (ours: of all of it), cost of the plan, evaluated states; -1 where unsaid."""
    if who == "lama-first":
        said = [r"Search time: ([0-9.]+)s", r"Plan cost: ([0-9]+)", r"Evaluated ([0-9]+) state"]
    else:
        said = [r'"type":"output".*?"seconds":([0-9.]+)', r'"cost":([0-9.]+),"cost_kind"', r'"evaluated":([0-9]+)']
    found = [re.search(pattern, text) for pattern in said]
    return tuple(float(one.group(1)) if one else -1 for one in found)


def attempt(who: str, seconds: int, folder: Path) -> list:
    with tempfile.TemporaryDirectory() as place:
        for name in ["domain.pddl", "problem.pddl"]:
            (Path(place) / name).write_bytes((folder / name).read_bytes())
        told = None if who == "lama-first" else limits(seconds)
        call = command(who, seconds)
        with tempfile.TemporaryFile("w+", errors="replace") as out:
            process = subprocess.Popen(call, cwd=place, stdout=out, stderr=subprocess.DEVNULL, preexec_fn=told)
            _, _, usage = os.wait4(process.pid, 0)
            out.seek(0)
            text = out.read()
    cpu = usage.ru_utime + usage.ru_stime
    search, cost, evaluated = numbers(who, text)
    verdict = "solved" if cost >= 0 and cpu <= seconds else "no"
    return [verdict, f"{cpu:.2f}", f"{search:.3f}", f"{cost:g}", int(evaluated), usage.ru_maxrss // 1024]


def main() -> int:
    if len(sys.argv) < 6:
        print(__doc__, file=sys.stderr)
        return 2
    instances, log, who, seconds = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    end = time.time() + 60 * float(sys.argv[5])
    version = os.environ.get("VERSION", "-")
    lines = log.read_text().splitlines()[1:] if log.exists() else []
    known = {tuple(line.split("\t")[:3]) for line in lines}
    with log.open("a") as out:
        if out.tell() == 0:
            out.write(HEADER + "\n")
        for folder in sorted(instances.iterdir(), key=lambda path: (path.name[-2:], path.name)):
            name = folder.name
            wanted = not sys.argv[6:] or any(name.startswith(begin) for begin in sys.argv[6:])
            if not wanted or (name, who, version) in known or time.time() > end:
                continue
            row = [name, who, version, *attempt(who, seconds, folder)]
            out.write("\t".join(map(str, row)) + "\n")
            out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
