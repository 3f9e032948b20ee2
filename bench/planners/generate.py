"""Writes the instances of a list as PDDL: `generate.py LIST.tsv FOLDER`.

Needs the package pypddl-datasets on the path, whose generators are pure Python; the texts they give are GPL and are
never committed. What is there already, made from the same line, is kept. Exit code 1 if an instance cannot be made.
"""

import importlib
import json
import shutil
import signal
import sys
from pathlib import Path

# Generators whose domain with action costs is another file.
COSTS = {"barman": "domain_barman11.pddl", "transport": "domain_action_costs.pddl"}


def module(generator: str):
    return importlib.import_module(f"pypddl_datasets.generators.{generator}.generator")


def text(generator: str, arguments: dict, seed, max_seconds: int = 0) -> str | None:
    """The problem, or none where the generator finds no instance for this seed, or not in time where there is a limit."""

    def stop(*_):
        raise TimeoutError

    arguments = dict(arguments) if seed is None else dict(arguments, seed=seed)
    signal.signal(signal.SIGALRM, stop)
    signal.alarm(max_seconds)
    try:
        return module(generator).make_problem(**arguments)
    except (ValueError, TimeoutError):
        return None
    finally:
        signal.alarm(0)


def domain(generator: str, arguments: dict) -> Path:
    folder = Path(module(generator).__file__).parent
    costs = COSTS.get(folder.name) if arguments.get("action_costs") else None
    return folder / (costs or "domain.pddl")


def write(line: str, folder: Path, max_seconds: int = 0) -> bool:
    """Writes the instance of a line below `folder`; says whether there is one."""
    name, _, generator, arguments, seed = line.split("\t")
    target = folder / name
    stamp = target / "made-from.tsv"
    if stamp.is_file() and stamp.read_text() == line:
        return True
    arguments = json.loads(arguments)
    problem = text(generator, arguments, None if seed == "-" else int(seed), max_seconds)
    if not problem:
        return False
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(domain(generator, arguments), target / "domain.pddl")
    (target / "problem.pddl").write_text(problem)
    stamp.write_text(line)
    return True


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    lines = Path(sys.argv[1]).read_text().splitlines()
    missing = 0
    for line in lines[1:]:
        if not write(line, Path(sys.argv[2])):
            missing += 1
            print(f"no instance: {line}", file=sys.stderr)
    print(f"{len(lines) - 1 - missing} instances")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
