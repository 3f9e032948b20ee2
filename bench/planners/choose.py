"""Chooses the instances of the lists by what the calibration saw: `choose.py CALIBRATION.tsv FOLDER`.

The edge of a domain lies between the largest size that was solved and the smallest above it that was not; where only
one of them is known, it is guessed a rung beyond. A size that no instance was found for counts as not solved: the list
could not have it. Sizes of a list lie around the edge at fixed distances in rungs, so that nothing of an instance but
its size decides whether it is taken. The list for optimal search has one larger instance where these say little (see
`is_thin`). Seeds of the lists differ; where a generator finds no instance for a seed, the next one is tried.
"""

import json
import sys
from pathlib import Path

import generate
from calibrate import MAX_SECONDS_OF_GENERATORS, read
from ladders import FAMILIES, Family

# Distances from the edge in rungs. Attempts of the calibration had 12 s, those of the bench have 30 s: the edge of the
# bench lies about half a rung higher.
EVALUATION = [-2.5, -1.5, -0.7, 0.0, 0.8, 1.8]
TRAINING = [-2.0, -0.5, 0.7]
OPTIMAL = [-0.9, 0.3]
# Lists are filled to their size with one more instance of every fourth domain, then of the next ones.
MORE = {"instances": (0.4, 200), "training": (0.0, 0), "optimal": (-0.3, 60)}
# The larger instance of a thin domain for optimal search: about a rung above the largest of the others.
LARGER = 1.5
SEEDS = {"instances": 1_000, "training": 20_000, "optimal": 40_000}
HEADER = "name\tdomain\tgenerator\targuments\tseed"


def neighbors(family: Family, mode: str, known: dict) -> tuple[list[int], list[int]]:
    """The rungs that were solved, and those above them that were not."""
    mine = {rung: solved for (name, of_mode, rung), (solved, _) in known.items()
            if (name, of_mode) == (family.name, mode)}
    solved = [rung for rung, is_solved in mine.items() if is_solved]
    return solved, [rung for rung, is_solved in mine.items() if not is_solved and (not solved or rung > max(solved))]


def edge(family: Family, mode: str, known: dict) -> float:
    solved, unsolved = neighbors(family, mode, known)
    if solved and unsolved:
        return (max(solved) + min(unsolved)) / 2
    if solved:
        return max(solved) + 1.0
    return min(unsolved) - 1.0 if unsolved else 0.0


def line(family: Family, mode: str, known: dict, distance: float, name: tuple[str, int]) -> list[str]:
    """The line of an instance at a distance from the edge; none where no seed gives one."""
    title, at = name
    start, growth = (family.start, family.growth) if mode == "first" else family.optimal
    arguments = family.arguments(start * growth ** (edge(family, mode, known) + distance))
    prefix = {"instances": "", "training": "t-", "optimal": "o-"}[title]
    for seed in range(SEEDS[title] + 100 * at, SEEDS[title] + 100 * at + 20):
        if generate.text(family.generator, arguments, seed, MAX_SECONDS_OF_GENERATORS):
            cells = [f"{prefix}{family.name}-{at:02}", family.name, family.generator, json.dumps(arguments), str(seed)]
            return ["\t".join(cells)]
    return []


def is_thin(family: Family, known: dict, lines: list[str]) -> bool:
    """Whether the calibration saw nothing too large, so that the edge is a guess, or all lines are of one size."""
    _, unsolved = neighbors(family, "optimal", known)
    return not unsolved or len({one.split("\t")[3] for one in lines}) == 1


def chosen(title: str, mode: str, known: dict, distances: list[float]) -> list[str]:
    families = [family for family in FAMILIES if mode == "first" or family.optimal]
    found = []
    for family in families:
        for at, distance in enumerate(distances, 1):
            found += line(family, mode, known, distance, (title, at))
    distance, total = MORE[title]
    for family in [family for first in range(4) for family in families[first::4]]:
        if len(found) < total:
            found += line(family, mode, known, distance, (title, len(distances) + 1))
    if title == "optimal":
        for family in families:
            lines = [one for one in found if one.split("\t")[1] == family.name]
            if is_thin(family, known, lines):
                found += line(family, mode, known, LARGER, (title, len(lines) + 1))
    return sorted(found)


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    known, folder = read(Path(sys.argv[1])), Path(sys.argv[2])
    lists = {
        "instances": chosen("instances", "first", known, EVALUATION),
        "training": chosen("training", "first", known, TRAINING),
        "optimal": chosen("optimal", "optimal", known, OPTIMAL),
    }
    for title, found in lists.items():
        (folder / f"{title}.tsv").write_text("\n".join([HEADER, *found]) + "\n")
        print(f"{title}: {len(found)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
