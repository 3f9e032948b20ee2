"""Peak resident bytes of a peer, phase by phase."""

import resource

import common


def high_water():
    """Peak resident bytes of this process.

    From VmHWM: `ru_maxrss` of a fresh process starts at what its parent had, so a large bench would be counted here.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            line = next(line for line in file if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class Memory:
    """Peak resident bytes since a moment after imports and data; the kernel's high-water mark is reset at that moment."""

    def __init__(self):
        self.restart()
        self.baseline = high_water()

    def restart(self):
        """Sets the high-water mark to what is resident now, where the kernel lets us."""
        try:
            with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
                file.write("5")
            self.reset = True
        except OSError:
            self.reset = False

    def report(self, spec, phase, **fields):
        """One record: what this phase needed beyond the baseline, and both ends of the difference; then a new phase."""
        if common.wants(spec, "memory"):
            peak = high_water()
            usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            common.emit(
                "memory",
                phase=phase,
                peak_bytes=peak - self.baseline,
                baseline_bytes=self.baseline,
                high_water_bytes=peak,
                ru_maxrss_bytes=usage,
                reset=self.reset,
                **fields,
            )
        self.restart()
