"""The part that all other sides of genki-bench share: steps as stdin orders them, one JSON line an answer.

Import it first: what any library prints afterwards goes to stderr.
"""

import argparse
import json
import os
import queue
import sys
import threading
import time

# Answers go to the real stdout; whatever a library prints goes to stderr.
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)


def options():
    """The driver's options, and the workload as a JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--workload", required=True)
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--mode", choices=["eager", "compile", "frozen"], default="eager")
    arguments = parser.parse_args()
    return arguments, json.loads(arguments.workload)


def resident_bytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


def turn(work, first, steps):
    seconds = cpu = 0.0
    for step in range(first, first + steps):
        work.prepare(step)
        cpu_before, before = time.process_time(), time.monotonic()
        outcome = work.perform()
        seconds += time.monotonic() - before
        cpu += time.process_time() - cpu_before
        # What is costly to say is not counted.
        outcome = work.describe(outcome)
    return {"steps": steps, "seconds": seconds, "cpu_seconds": cpu, **outcome}


def answer(value):
    answers.write(json.dumps(value) + "\n")
    answers.flush()


def read_orders(orders):
    for line in sys.stdin:
        orders.put(line)
    # The driver is gone.
    os._exit(0)


def serve(work, compute, program_bytes, describe=dict):
    """Says that the first step is done, then takes turns until stdin ends.

    `describe` gives what else is to be said after that step.
    """
    orders = queue.Queue()
    threading.Thread(target=read_orders, args=(orders,), daemon=True).start()
    first = turn(work, 0, 1)
    answer({"compute": compute, "remark": work.remark, "program_bytes": program_bytes, **describe(), **first})
    done = 1
    while True:
        words = orders.get().split()
        steps = int(words[1]) if len(words) > 1 else 1
        answer(turn(work, done, steps))
        done += steps
