"""Control steps per second of robosuite's Panda: `python3 robosuite_speed.py SECONDS`, one JSON object on standard output.

The task Stack (two cubes), OSC_POSE at 20 actions a second, cameras and rendering off, random actions, one thread.
"""

import json
import os
import sys
import time

os.environ.setdefault("MUJOCO_GL", "disabled")

import mujoco  # noqa: E402
import numpy  # noqa: E402
import robosuite  # noqa: E402


def main() -> None:
    seconds = float(sys.argv[1])
    environment = robosuite.make(
        "Stack",
        robots="Panda",
        has_renderer=False,
        has_offscreen_renderer=False,
        use_camera_obs=False,
        control_freq=20,
        horizon=1_000_000,
    )
    environment.reset()
    generator = numpy.random.default_rng(1)
    low, high = environment.action_spec
    for _ in range(20):
        environment.step(generator.uniform(low, high))
    steps, wall, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - wall < seconds:
        environment.step(generator.uniform(low, high))
        steps += 1
    print(
        json.dumps(
            {
                "steps": steps,
                "wall_seconds": time.perf_counter() - wall,
                "cpu_seconds": time.process_time() - cpu,
                "robosuite": robosuite.__version__,
                "mujoco": mujoco.__version__,
            }
        )
    )


main()
