#!/usr/bin/env python3
"""Uploads and downloads a large file through a stand-in hub with this program and with Python's huggingface_hub, in turns.

    python3 Tests/Peers/hub_speed.py --hub PATH/fake_hub.py --program .build/release/genki-minerd [--bytes N] [--pairs N] [--part N]

Prints one JSON line for each run (seconds, CPU seconds, peak memory of the client) and the medians' ratios. Needs huggingface_hub.
"""
import argparse, json, os, shutil, statistics, sys, tempfile, time

from hub_faults import Bench, Hub

UPLOAD = """
import sys, huggingface_hub as H
H.create_repo(sys.argv[1], exist_ok=True); H.upload_folder(repo_id=sys.argv[1], folder_path=sys.argv[2])
"""
DOWNLOAD = """
import sys, huggingface_hub as H
H.hf_hub_download(sys.argv[1], "model.safetensors", local_dir=sys.argv[2])
"""


def measure(words, environment):
    start = time.time(); child = os.posix_spawn(words[0], words, environment, file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
    _, status, usage = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status): raise SystemExit(f"{words[:3]} has failed")
    return dict(seconds=round(time.time() - start, 3), cpu=round(usage.ru_utime + usage.ru_stime, 3), peak_mib=round(usage.ru_maxrss / 1024, 1))


def main():
    parser = argparse.ArgumentParser(); parser.add_argument("--hub", required=True); parser.add_argument("--program", required=True)
    parser.add_argument("--bytes", type=int, default=1 << 30); parser.add_argument("--pairs", type=int, default=5); parser.add_argument("--part", type=int, default=0)
    options = parser.parse_args(); folder = tempfile.mkdtemp()
    hub = Hub(options.hub, folder, "--chunk-size", str(options.part)); rows = {}
    try:
        bench = Bench(hub, os.path.abspath(options.program), folder)
        path = bench.model("large", options.bytes)
        python = dict(bench.environment, HF_HUB_DISABLE_XET="1", HF_HOME=folder + "/home", HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HUB_DISABLE_UPDATE_CHECK="1")
        for pair in range(options.pairs):
            # A content that the hub has is not sent again: each run has its own.
            for who in ("ours", "python") if pair % 2 == 0 else ("python", "ours"):
                with open(path + "/model.safetensors", "r+b") as file: file.write(f"{who} {pair:6d}".encode())
                name = f"alice/{who}{pair}"; out = f"{folder}/out-{who}"
                up = [bench.program, "hub", "upload", name, path] if who == "ours" else [sys.executable, "-c", UPLOAD, name, path]
                down = [bench.program, "hub", "download", name, "--out", out, "--file", "model.safetensors"] if who == "ours" else [sys.executable, "-c", DOWNLOAD, name, out]
                for direction, words in (("up", up), ("down", down)):
                    row = measure(words, bench.environment if who == "ours" else python)
                    rows.setdefault((direction, who), []).append(row)
                    print(json.dumps(dict(direction=direction, who=who, pair=pair, **row)), flush=True)
                same = os.path.getsize(out + "/model.safetensors") == options.bytes; shutil.rmtree(out)
                if not same: raise SystemExit("the download is wrong")
                for blob in os.listdir(folder + "/data/blobs"):
                    if os.path.getsize(f"{folder}/data/blobs/{blob}") == options.bytes: os.remove(f"{folder}/data/blobs/{blob}")
        for direction in ("up", "down"):
            ours, python = ([r for r in rows[(direction, who)]] for who in ("ours", "python"))
            middle = lambda list, key: statistics.median(r[key] for r in list)
            print(json.dumps(dict(direction=direction, times_as_fast=round(middle(python, "seconds") / middle(ours, "seconds"), 2),
                                  ours_seconds=middle(ours, "seconds"), python_seconds=middle(python, "seconds"), ours_cpu=middle(ours, "cpu"), python_cpu=middle(python, "cpu"),
                                  ours_peak_mib=max(r["peak_mib"] for r in ours), python_peak_mib=max(r["peak_mib"] for r in python))))
    finally:
        hub.process.kill(); hub.process.wait(); shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
