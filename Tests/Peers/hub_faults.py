#!/usr/bin/env python3
"""Uploads and downloads through a stand-in hub while it misbehaves, and prints what became of each as a table.

    python3 Tests/Peers/hub_faults.py --hub PATH/fake_hub.py --program .build/release/genki-minerd [FAULT ...]

Each line is one fault: how the command ended, how often it had to be called, the bytes of content that were sent or
asked for again, the commits that were made, and whether the content is right in the end. Exit 0 if all are as expected.
"""
import argparse, hashlib, json, os, shutil, signal, subprocess, sys, tempfile, time, urllib.request

SIZE, PART = 16_000_000, 4_000_000


def status(path, code, **more): return dict(path=path, kind="status", status=code, **more)


UPLOADS = {
    "none": [], "500 three times": [status(".", 500, times=3)], "503 at preupload": [status("preupload", 503, times=2)],
    "429 at batch": [status("batch", 429)], "part: reset": [dict(path="/__part/.*/2/", host="cdn", kind="reset")],
    "part: 500 twice": [status("/__part/.*/3/", 500, host="cdn", times=2)],
    "part: 403, address expired": [status("/__part/.*/3/", 403, host="cdn")],
    "part: answer lost": [dict(path="/__part/.*/2/", host="cdn", kind="lost")],
    "completion: answer lost": [dict(path="/__lfs/complete", kind="lost")],
    "verification: answer lost": [dict(path="/__lfs/verify", kind="lost")],
    "commit: answer lost": [dict(path="/commit/main", kind="lost")], "commit: 500": [status("/commit/main", 500)],
    "commit: answer cut": [dict(path="/commit/main", kind="truncate", after=10)],
    "creation: answer lost": [dict(path="/api/repos/create", kind="lost")],
    "creation: conflict that passes": [status("/api/repos/create", 409, body='{"error":"another conflicting operation is in progress"}')],
    "listing: cut": [dict(path="/tree/", kind="truncate", after=5)], "listing: slow": [dict(path="/tree/", kind="slow", rate=2000)],
    "batch: a page instead of JSON": [status("batch", 200, body="<html>login</html>")],
    "preupload: 2 s late": [dict(path="preupload", kind="delay", seconds=2)],
    "commit: 413": [status("/commit/main", 413, times=9)],
    "token unknown": [status(".", 401, times=99, body='{"error":"Invalid credentials in Authorization header"}')],
}
REFUSED = {"commit: 413": 65, "token unknown": 77}
DOWNLOADS = {
    "none": [], "500 three times": [status(".", 500, times=3)], "503 twice at the storage": [status("/__get/", 503, host="cdn", times=2)],
    "429 at resolve": [status("/resolve/", 429)], "reset": [dict(path="/__get/", host="cdn", kind="reset")],
    "cut at 9 MB": [dict(path="/__get/", host="cdn", kind="truncate", after=9_000_000)],
    "cut three times": [dict(path="/__get/", host="cdn", kind="truncate", after=3_000_000, times=3)],
    "a wrong byte, once": [dict(path="/__get/", host="cdn", kind="corrupt")],
    "a wrong byte, always": [dict(path="/__get/", host="cdn", kind="corrupt", times=9)],
    "wrong ETag": [dict(path="/resolve/", kind="wrong_etag", times=9)], "wrong size": [dict(path="/resolve/", kind="wrong_size", times=9)],
    "cut, then the range ignored": [dict(path="/__get/", host="cdn", kind="truncate", after=5_000_000), dict(path="/__get/", host="cdn", kind="ignore_range")],
    "a page instead of the file, once": [status("/__get/", 200, host="cdn", body="<html>no</html>")],
    "a page instead of the file, always": [status("/__get/", 200, host="cdn", body="<html>no</html>", times=9)],
    "403 at the storage": [status("/__get/", 403, host="cdn", times=9)], "404": [status("/resolve/.*model", 404, times=9)],
    "vanished": [status("/tree/", 404, times=9)], "2 s late": [dict(path="/resolve/", kind="delay", seconds=2)],
}
REFUSED_DOWN = {"a wrong byte, always": 65, "a page instead of the file, always": 65, "403 at the storage": 77, "404": 65, "vanished": 65}
TEMPORARY = (74, 75)


class Hub:
    def __init__(self, script, folder, *more):
        self.port_file = folder + "/port"
        if os.path.exists(self.port_file): os.remove(self.port_file)
        self.process = subprocess.Popen([sys.executable, script, "--port-file", self.port_file, "--data", folder + "/data", *more], stdout=subprocess.DEVNULL)
        while not os.path.exists(self.port_file):
            if self.process.poll() is not None: raise SystemExit("the hub has ended")
            time.sleep(.02)
        self.endpoint = "http://127.0.0.1:" + open(self.port_file).read().split()[0]

    def post(self, path, body): urllib.request.urlopen(urllib.request.Request(self.endpoint + path, json.dumps(body).encode(), method="POST")).read()
    def get(self, path): return json.loads(urllib.request.urlopen(self.endpoint + path).read() or b"null")
    def log(self): return self.get("/__fake/log")
    def faults(self, list):
        self.post("/__fake/reset", {})
        for fault in list: self.post("/__fake/fault", fault)


class Bench:
    def __init__(self, hub, program, folder):
        self.hub, self.program, self.folder = hub, program, folder
        self.environment = dict(os.environ, HF_ENDPOINT=hub.endpoint, HF_TOKEN="hf_alice", XDG_STATE_HOME=folder + "/state", HOME=folder)

    def model(self, name, size=SIZE):
        path = f"{self.folder}/{name}"; os.makedirs(path)
        with open(path + "/model.safetensors", "wb") as file:
            for start in range(0, size, 1 << 20): file.write(os.urandom(min(1 << 20, size - start)))
        with open(path + "/config.json", "w") as file: json.dump({"name": name}, file)
        return path

    def call(self, *words):
        start = time.time(); calls = 0
        while True:
            calls += 1
            run = subprocess.run([self.program, "hub", *words], env=self.environment, capture_output=True, text=True)
            if run.returncode not in TEMPORARY or calls == 5: return run, calls, time.time() - start

    def upload(self, number, faults):
        path = self.model(f"up{number}"); self.hub.faults(faults); name = f"alice/up{number}"
        run, calls, seconds = self.call("upload", name, path)
        log = self.hub.log(); repository = self.hub.get("/__fake/repo?id=" + name)
        sent = sum(x["bytes_in"] for x in log if x["host"] == "cdn")
        tree = repository["commits"][repository["branches"]["main"]]["tree"] if repository else {}
        digest = hashlib.sha256(open(path + "/model.safetensors", "rb").read()).hexdigest()
        return dict(code=run.returncode, calls=calls, seconds=seconds, again=max(0, sent - SIZE), commits=len(repository["commits"]) - 1 if repository else 0,
                    right=tree.get("model.safetensors", {}).get("lfs") == digest, leaks=leaks(log), says=run.stderr.strip())

    def download(self, number, faults, source):
        out = f"{self.folder}/down{number}"; self.hub.faults(faults)
        run, calls, seconds = self.call("download", "alice/source", "--out", out)
        log = self.hub.log(); path = out + "/model.safetensors"
        right = os.path.exists(path) and open(path, "rb").read() == open(source + "/model.safetensors", "rb").read()
        left = [x for x in os.listdir(out) if x.endswith(".incomplete")] if os.path.isdir(out) else []
        return dict(code=run.returncode, calls=calls, seconds=seconds, again=moved_again(log, SIZE), commits="", right=right, leaks=leaks(log), left=left, says=run.stderr.strip())


def moved_again(log, size):
    """Bytes of a file that came more than once: where an answer was cut shows where the next one begins."""
    starts = [int(x["range"][6:-1]) if x["range"] else 0 for x in log if x["host"] == "cdn" and x["status"] in (200, 206)]
    ends = [b if b > a else size for a, b in zip(starts, starts[1:])] + [size] if starts else []
    return max(0, sum(b - a for a, b in zip(starts, ends)) - size)


def leaks(log): return sum(1 for x in log if x["host"] == "cdn" and x["auth"])


def main():
    parser = argparse.ArgumentParser(); parser.add_argument("--hub", required=True); parser.add_argument("--program", required=True)
    parser.add_argument("faults", nargs="*"); options = parser.parse_args()
    folder = tempfile.mkdtemp(); hub = Hub(options.hub, folder, "--chunk-size", str(PART)); bad = 0
    try:
        bench = Bench(hub, os.path.abspath(options.program), folder)
        print("| direction | fault | ends with | calls | seconds | bytes again | commits | right |\n| --- | --- | --- | --- | --- | --- | --- | --- |")
        source = bench.model("source"); run, _, _ = bench.call("upload", "alice/source", source, "--public")
        if run.returncode: raise SystemExit(run.stderr)
        for direction, table, refused in (("up", UPLOADS, REFUSED), ("down", DOWNLOADS, REFUSED_DOWN)):
            for number, (name, faults) in enumerate(table.items()):
                if options.faults and name not in options.faults: continue
                row = bench.upload(number, faults) if direction == "up" else bench.download(number, faults, source)
                expected = refused.get(name, 0)
                good = row["code"] == expected and row["leaks"] == 0 and (row["right"] if expected == 0 else not row["right"])
                good = good and (direction == "down" or row["commits"] == (1 if expected == 0 else 0))
                print(f"| {direction} | {name} | {row['code']} | {row['calls']} | {row['seconds']:.1f} | {row['again']} | {row['commits']} | {'yes' if row['right'] else 'no'} |" + ("" if good else "  <- NOT AS EXPECTED"))
                if row["says"]: print(f"  {row['says'][:200]}", file=sys.stderr)
                bad += not good
    finally:
        hub.process.send_signal(signal.SIGKILL); hub.process.wait(); shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
