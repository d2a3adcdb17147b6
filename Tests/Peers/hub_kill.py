#!/usr/bin/env python3
"""Kills an upload and a download of a large file with SIGKILL again and again, and counts what is sent twice.

    python3 Tests/Peers/hub_kill.py --hub PATH/fake_hub.py --program .build/release/genki-minerd [--bytes N] [--kills N]
"""
import argparse, json, os, random, shutil, signal, subprocess, sys, tempfile, time

from hub_faults import Bench, Hub, moved_again


def kill_often(bench, hub, words, kills, seconds):
    """Runs the command, kills it after a random time that moves on, until it ends by itself."""
    done = 0
    while True:
        run = subprocess.Popen([bench.program, "hub", *words], env=bench.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            if done < kills:
                run.wait(random.uniform(.1, 1) * seconds)
            else:
                run.wait()
            out, error = run.communicate()
            if run.returncode: raise SystemExit(error)
            return done, out
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL); run.wait(); done += 1


def main():
    parser = argparse.ArgumentParser(); parser.add_argument("--hub", required=True); parser.add_argument("--program", required=True)
    parser.add_argument("--bytes", type=int, default=1 << 30); parser.add_argument("--part", type=int, default=16 << 20)
    parser.add_argument("--kills", type=int, default=12); parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(); random.seed(options.seed)
    folder = tempfile.mkdtemp(); hub = Hub(options.hub, folder, "--chunk-size", str(options.part)); good = True
    try:
        bench = Bench(hub, os.path.abspath(options.program), folder)
        path = bench.model("large", options.bytes)
        hub.post("/__fake/reset", {})
        kills, _ = kill_often(bench, hub, ["upload", "alice/large", path, "--public", "--json"], options.kills, 2.5)
        log = hub.log(); parts = {}
        for x in log:
            if x["host"] == "cdn" and "/__part/" in x["path"] and x["status"] == 200:
                number = x["path"].split("/")[3]; parts[number] = parts.get(number, 0) + 1
        again = sum(n - 1 for n in parts.values()); repository = hub.get("/__fake/repo?id=alice/large")
        commits = len(repository["commits"]) - 1
        print(json.dumps(dict(direction="up", bytes=options.bytes, kills=kills, parts=len(parts), parts_sent_again=again, bytes_again=again * options.part, commits=commits)))
        good = good and again <= kills and commits == 1
        hub.post("/__fake/reset", {}); out = folder + "/copy"
        kills, _ = kill_often(bench, hub, ["download", "alice/large", "--out", out, "--file", "model.safetensors", "--json"], options.kills, 1.2)
        ranges = [int(x["range"][6:-1]) if x["range"] else 0 for x in hub.log() if x["host"] == "cdn"]
        same = subprocess.run(["cmp", out + "/model.safetensors", path + "/model.safetensors"]).returncode == 0
        print(json.dumps(dict(direction="down", bytes=options.bytes, kills=kills, begins_at=ranges, right=same)))
        good = good and same and ranges == sorted(ranges)
    finally:
        hub.process.kill(); hub.process.wait(); shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
