"""Every benchmark, each against a named peer in the same run:  .build/python/bin/python Tests/Benchmarks/run.py [--quick] [NAME ...]

Names: invocation, protocol, start, pipeline, providers, store. Quote the ratios: the absolute numbers are this machine's.
--quick shows that they run: a second of each load and a twentieth of the work, whose figures mean little."""

import sys

import invocation
import measuring
import pipeline
import protocol
import providers
import start
import store

BENCHMARKS = {"invocation": invocation.run, "protocol": protocol.run, "start": start.run, "pipeline": pipeline.run,
              "providers": providers.run, "store": store.run}

if __name__ == "__main__":
    names = [word for word in sys.argv[1:] if word != "--quick"] or list(BENCHMARKS)
    if "--quick" in sys.argv:
        measuring.Effort.quick()
    if unknown := [name for name in names if name not in BENCHMARKS]:
        raise SystemExit(f"there is no benchmark {unknown[0]} (there are {', '.join(BENCHMARKS)})")
    for name in names:
        BENCHMARKS[name]()
