"""One search of pymimir: `peer_mimir.py first|optimal DOMAIN PROBLEM PLAN`.

`first` is lazy greedy best-first search with h_FF, preferred actions counted, over the grounded task; `optimal` is A*
with h_max over it, its best admissible heuristic that is made for search. The plan is written in the usual form.
"""

import sys
import time

from pymimir.advanced import search


def main() -> int:
    mode, domain, problem, plan = sys.argv[1:]
    begin = time.process_time()
    options = search.SearchContextOptions()
    options.mode = search.GroundedOptions()
    context = search.SearchContext.create(domain, problem, options)
    grounder = search.LiftedGrounder(context.get_problem())
    grounded = time.process_time()
    if mode == "first":
        heuristic, settings = search.FFHeuristic.create(grounder), search.GBFSLazyOptions()
        result = search.find_solution_gbfs_lazy(context, heuristic, settings)
    else:
        heuristic, settings = search.MaxHeuristic.create(grounder), search.AStarLazyOptions()
        result = search.find_solution_astar_lazy(context, heuristic, settings)
    print(f"ground seconds: {grounded - begin:.3f}")
    print(f"search seconds: {time.process_time() - grounded:.3f}")
    print(f"status: {result.status.name}")
    if result.plan is None:
        return 1 if result.status == search.SearchStatus.UNSOLVABLE else 3
    lines = [action.to_string_for_plan(context.get_problem()) for action in result.plan.get_actions()]
    with open(plan, "w") as out:
        out.writelines(line + "\n" for line in lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
