"""Families of instances of growing size, one a domain: generator, first size, growth and arguments for a size.

A size is a real number; `arguments(size)` rounds. `start` is where the calibration begins to look, `growth` the
factor from a rung to the next. `optimal` has the same for optimal search; domains without it are left out there,
among them openstacks and trucks, whose axioms Fast Downward's LM-cut does not support.
"""

from dataclasses import dataclass
from typing import Callable, Optional


@dataclass(frozen=True)
class Family:
    """A domain, its generator below `pypddl_datasets.generators`, and sizes."""

    name: str
    generator: str
    arguments: Callable[[float], dict]
    start: float
    growth: float
    optimal: Optional[tuple[float, float]] = None


def whole(value: float, least: int = 1) -> int:
    return max(least, round(value))


IPC = "classical.ipc."

FAMILIES = [
    Family("barman", IPC + "barman", lambda n: dict(
        num_cocktails=whole(n), num_ingredients=3 + whole(n / 10), num_shots=whole(n) + 1, action_costs=True),
        20, 1.3, (3, 1.25)),
    Family("blocks", IPC + "blocks_4", lambda n: dict(num_blocks=whole(n, 2)), 40, 1.2, (9, 1.12)),
    Family("childsnack", IPC + "childsnack", lambda n: dict(
        num_children=whole(n), num_trays=whole(n / 5, 2), gluten_factor=0.4, const_ratio=1.2), 10, 1.25, (3, 1.3)),
    Family("citycar", IPC + "citycar", lambda n: dict(
        num_rows=whole(n, 2), num_columns=whole(n, 2), num_cars=whole(n * 0.8), num_garages=whole(n * 0.6)),
        5, 1.2),
    Family("depots", IPC + "depots", lambda n: dict(
        num_depots=2, num_distributors=2, num_trucks=2, num_pallets=whole(n / 2, 4), num_hoists=4,
        num_crates=whole(n)), 16, 1.25, (4, 1.2)),
    Family("driverlog", IPC + "driverlog", lambda n: dict(
        num_locations=whole(n), num_drivers=whole(n / 6, 2), num_packages=whole(n), num_trucks=whole(n / 6, 2)),
        30, 1.3, (6, 1.15)),
    Family("elevators", IPC + "elevators", lambda n: dict(
        num_areas=whole(n / 10, 2), area_size=4, num_passengers=whole(n), num_fast_elevators=2), 30, 1.3, (5, 1.2)),
    Family("floortile", IPC + "floortile", lambda n: dict(
        num_rows=whole(n, 2), num_columns=whole(n - 0.6, 2), num_robots=2), 4, 1.13, (3.2, 1.13)),
    Family("freecell", IPC + "freecell", lambda n: dict(
        num_cards=whole(n, 2), num_cells=4, num_columns=6), 10, 1.15, (3, 1.2)),
    Family("hiking", IPC + "hiking", lambda n: dict(
        num_couples=whole(n / 2, 2), num_cars=whole(n / 2, 2) + 1, num_places=whole(n)), 6, 1.15, (4, 1.15)),
    Family("logistics", IPC + "logistics", lambda n: dict(
        num_cities=whole(n / 4, 2), city_size=5, num_packages=whole(n), num_airplanes=whole(n / 12)),
        50, 1.25, (6, 1.12)),
    Family("miconic", IPC + "miconic", lambda n: dict(num_floors=whole(2 * n, 3), num_passengers=whole(n)),
           80, 1.3, (10, 1.2)),
    Family("nomystery", IPC + "nomystery", lambda n: dict(
        num_locations=whole(n), num_packages=whole(n), constrainedness=1.5), 8, 1.15, (6, 1.12)),
    Family("openstacks", IPC + "openstacks", lambda n: dict(
        num_products=whole(n), num_orders=whole(n), density=40), 50, 1.3),
    Family("parking", IPC + "parking", lambda n: dict(num_curbs=whole(n, 3), num_cars=2 * (whole(n, 3) - 1)),
           13, 1.15, (5, 1.15)),
    Family("pipesworld", IPC + "pipesworld_notankage", lambda n: dict(
        network=min(5, whole(n / 4)), num_batches=whole(n, 4), num_goals=whole(n / 2)), 18, 1.15, (8, 1.12)),
    Family("rovers", IPC + "rovers", lambda n: dict(
        num_rovers=whole(n / 3), num_waypoints=whole(1.5 * n, 3), num_objectives=whole(n / 2),
        num_cameras=whole(n / 2), num_goals=whole(n / 2)), 30, 1.25, (6, 1.15)),
    Family("satellite", IPC + "satellite", lambda n: dict(
        num_satellites=whole(n / 4), max_instruments=3, num_modes=whole(n / 4, 2), num_targets=whole(2 * n),
        num_observations=whole(n)), 30, 1.25, (5, 1.2)),
    Family("snake", IPC + "snake", lambda n: dict(
        width=whole(n), height=whole(n), spawn_percentage=40, num_initial_apples=5), 9, 1.15, (5, 1.15)),
    Family("sokoban", IPC + "sokoban", lambda n: dict(
        width=whole(n + 2), height=whole(n + 2), num_floor=whole(n * n * 0.55), num_stones=whole(n / 2.5)),
        11, 1.13, (7, 1.13)),
    Family("spider", IPC + "spider", lambda n: dict(
        num_decks=1, num_suits=whole(n / 3), num_values=whole(n), num_piles=whole(n / 2, 3), num_deals=2),
        8, 1.15),
    Family("storage", IPC + "storage", lambda n: dict(
        num_crates=whole(n), num_hoists=2, num_store_areas=whole(1.5 * n, 3), num_depots=whole(n / 7)),
        14, 1.15, (4, 1.2)),
    Family("termes", IPC + "termes", lambda n: dict(
        size_x=whole(n / 2, 3), size_y=3, min_height=1, max_height=whole(n / 2, 2), num_towers=whole(n / 3)),
        8, 1.15),
    Family("tetris", IPC + "tetris", lambda n: dict(num_rows=2 * whole(n / 2, 2)), 10, 1.25, (4, 1.3)),
    Family("thoughtful", IPC + "thoughtful", lambda n: dict(num_cards=whole(n), num_columns=whole(n / 2, 3)),
           8, 1.15),
    Family("tidybot", IPC + "tidybot", lambda n: dict(
        world_size=whole(n, 5), num_tables=whole(n / 2), cupboard_size=4), 9, 1.15),
    Family("tpp", IPC + "tpp", lambda n: dict(
        num_products=whole(n), num_markets=whole(n / 4), num_trucks=whole(n / 4), num_depots=1, max_level=4),
        20, 1.2, (4, 1.2)),
    Family("transport", IPC + "transport", lambda n: dict(
        kind="city", num_nodes=whole(2 * n), num_trucks=3, num_packages=whole(n), action_costs=True),
        18, 1.2, (3, 1.2)),
    Family("trucks", IPC + "trucks", lambda n: dict(
        num_trucks=2, num_locations=whole(n / 3, 2), num_packages=whole(n), num_areas=3), 12, 1.2),
    Family("visitall", IPC + "visitall", lambda n: dict(width=whole(n), goal_ratio=0.8), 30, 1.25, (4, 1.15)),
    Family("woodworking", IPC + "woodworking", lambda n: dict(
        num_parts=whole(n), num_machines=2, wood_factor=1.2), 25, 1.3, (4, 1.2)),
    Family("zenotravel", IPC + "zenotravel", lambda n: dict(
        num_cities=whole(n), num_planes=whole(n / 4), num_people=whole(n)), 30, 1.25, (6, 1.15)),
]
