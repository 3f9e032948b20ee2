"""Finds the size at which Fast Downward stops solving a domain: `calibrate.py MODE DRIVER LOG.tsv SECONDS MINUTES`.

MODE is `first` (alias lama-first) or `optimal` (alias seq-opt-lmcut). From a family's first size it walks up while
instances are solved, else down, in rungs of the family's growth, until a solved one and an unsolved one are
neighbors. An attempt has SECONDS of processor time and 2 GiB. Attempts are appended to LOG and not repeated, so a run
that was stopped, or ended after MINUTES, goes on. `choose.py` makes the lists from LOG.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import generate
from ladders import FAMILIES, Family

ALIASES = {"first": "lama-first", "optimal": "seq-opt-lmcut"}
FIRST_SEED = {"first": 9_000, "optimal": 9_500}
MAX_RUNGS = 5
MEBIBYTES = 2048
QUICK_SECONDS = 3
# Some generators search for a solvable instance; what takes longer than this is counted as none.
MAX_SECONDS_OF_GENERATORS = 60


def attempt(driver: str, alias: str, seconds: int, folder: Path) -> tuple[str, float, float]:
    """What Fast Downward says, its processor seconds, and those of its translator."""
    limits = ["--overall-time-limit", f"{seconds}s", "--overall-memory-limit", f"{MEBIBYTES}M"]
    call = ["python3", driver, *limits, "--alias", alias, "domain.pddl", "problem.pddl"]
    ended = subprocess.run(call, cwd=folder, capture_output=True, text=True, timeout=600)
    planner = re.search(r"Planner time: ([0-9.]+)s", ended.stdout)
    translator = re.search(r"Done! \[([0-9.]+)s CPU", ended.stdout)
    verdict = {0: "solved", 10: "unsolvable", 11: "unsolvable", 12: "unsolvable"}.get(ended.returncode)
    return (
        verdict or f"ended with {ended.returncode}",
        float(planner.group(1)) if planner else -1.0,
        float(translator.group(1)) if translator else -1.0,
    )


def instance(family: Family, size: float, first_seed: int, folder: Path) -> int | None:
    """Writes the first instance that a seed gives; returns the seed."""
    for seed in range(first_seed, first_seed + 5):
        arguments = json.dumps(family.arguments(size))
        line = "\t".join(["task", family.name, family.generator, arguments, str(seed)])
        if generate.write(line, folder, MAX_SECONDS_OF_GENERATORS):
            return seed
    return None


class Walk:
    """The attempts at one family."""

    def __init__(self, family: Family, mode: str, known: dict):
        self.family, self.mode, self.known = family, mode, known
        self.start, self.growth = (family.start, family.growth) if mode == "first" else family.optimal

    def next(self) -> int | None:
        """The rung to try, none when the boundary is known."""
        rungs = {rung: solved for (name, mode, rung), (solved, _) in self.known.items()
                 if (name, mode) == (self.family.name, self.mode)}
        if not rungs:
            return 0
        best = max((rung for rung, solved in rungs.items() if solved), default=None)
        above = [rung for rung, solved in rungs.items() if not solved and (best is None or rung > best)]
        if len(rungs) >= MAX_RUNGS or (best is not None and best + 1 in above):
            return None
        if best is None:
            return min(above) - 2
        if above:
            return (best + min(above)) // 2 if min(above) > best + 1 else None
        quick = self.known[(self.family.name, self.mode, best)][1] < QUICK_SECONDS
        return best + (2 if quick else 1)


def read(log: Path) -> dict:
    known = {}
    for line in log.read_text().splitlines()[1:] if log.exists() else []:
        name, mode, rung, _, _, _, _, verdict, seconds, _ = line.split("\t")
        known[(name, mode, int(rung))] = (verdict == "solved", float(seconds))
    return known


def go_on(walk: Walk, driver: str, seconds: int, out) -> bool:
    """One attempt; says whether there was one to make."""
    if (rung := walk.next()) is None:
        return False
    family, mode, size = walk.family, walk.mode, walk.start * walk.growth**rung
    with tempfile.TemporaryDirectory() as folder:
        seed = instance(family, size, FIRST_SEED[mode], Path(folder))
        fail = ("no instance", -1.0, -1.0)
        row = attempt(driver, ALIASES[mode], seconds, Path(folder) / "task") if seed is not None else fail
    cells = [family.name, mode, rung, f"{size:.2f}", json.dumps(family.arguments(size)), seed, seconds, *row]
    out.write("\t".join(map(str, cells)) + "\n")
    out.flush()
    walk.known[(family.name, mode, rung)] = (row[0] == "solved", row[1])
    return True


HEADER = "domain\tmode\trung\tsize\targuments\tseed\tlimit\tverdict\tcpu_seconds\ttranslator_cpu_seconds"


def main() -> int:
    if len(sys.argv) != 6 or sys.argv[1] not in ALIASES:
        print(__doc__, file=sys.stderr)
        return 2
    mode, driver, log, seconds = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
    end = time.time() + 60 * float(sys.argv[5])
    known = read(log)
    with log.open("a") as out:
        if out.tell() == 0:
            out.write(HEADER + "\n")
        walks = [Walk(family, mode, known) for family in FAMILIES if mode == "first" or family.optimal]
        # In rounds, so that a run that is stopped knows something of every domain.
        while walks and time.time() < end:
            walks = [walk for walk in walks if time.time() < end and go_on(walk, driver, seconds, out)]
    return 0


if __name__ == "__main__":
    sys.exit(main())
