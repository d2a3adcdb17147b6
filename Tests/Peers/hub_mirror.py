#!/usr/bin/env python3
"""Downloads through olah, a mirror of the Hugging Face Hub from PyPI, and says what arrived.

    python3 -m venv V && V/bin/pip install olah
    python3 Tests/Peers/hub_mirror.py --hub PATH/fake_hub.py --olah V/bin/olah-cli --program .build/release/genki-minerd

A model is uploaded to the hub itself (a mirror takes no uploads) and fetched through the mirror: first while it fetches
the files itself, then from its store, then killed in the middle and continued. Exit 0 if every byte is right.
"""
import argparse, filecmp, json, os, signal, socket, struct, subprocess, sys, tempfile, time

SIZE = 200_000_000


def until(what, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline: raise SystemExit(f"{what} did not happen in {seconds} s")
        time.sleep(0.01)


def answers(port):
    try: socket.create_connection(("127.0.0.1", port), 1).close(); return True
    except OSError: return False


def free_port():
    with socket.socket() as probe: probe.bind(("127.0.0.1", 0)); return probe.getsockname()[1]


def model(folder):
    os.makedirs(folder)
    header = json.dumps({"a": {"dtype": "F32", "shape": [SIZE // 4], "data_offsets": [0, SIZE]}}).encode()
    with open(folder + "/model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for _ in range(SIZE // 1_000_000): file.write(os.urandom(1_000_000))
    with open(folder + "/config.json", "w") as file: file.write('{"model_type": "gpt2"}\n')


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("hub", "olah", "program"): options.add_argument("--" + name, required=True)
    options, place, children = options.parse_args(), tempfile.TemporaryDirectory(), []
    folder, quiet = place.name, dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        ports = folder + "/ports"
        children.append(subprocess.Popen([sys.executable, options.hub, "--port", "0", "--port-file", ports, "--data", folder + "/data"], **quiet))
        until("the hub's start", lambda: os.path.exists(ports) and len(open(ports).read().split()) == 2)
        api, cdn = open(ports).read().split()
        model(folder + "/model")
        with open(folder + "/token", "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file: file.write("hf_alice")
        subprocess.run([options.program, "hub", "upload", "alice/public", folder + "/model", "--public", "--endpoint", f"http://127.0.0.1:{api}", "--token-file", folder + "/token"], check=True, **quiet)
        mirror = free_port()
        here = f"127.0.0.1:{mirror}"
        children.append(subprocess.Popen([options.olah, "--host", "127.0.0.1", "--port", str(mirror), "--hf-scheme", "http", "--hf-netloc", f"127.0.0.1:{api}", "--hf-lfs-netloc", f"127.0.0.1:{cdn}", "--mirror-scheme", "http", "--mirror-netloc", here, "--mirror-lfs-netloc", here, "--repos-path", folder + "/repos", "--log-path", folder + "/logs"], cwd=folder, **quiet))
        until("the mirror's start", lambda: answers(mirror))
        command = lambda out, *more: [options.program, "hub", "download", "alice/public", "--out", folder + "/" + out, "--endpoint", "http://" + here, *more]
        wrong = 0
        for case in ("first", "second", "killed in the middle"):
            out, kept = case.split()[0], 0
            started = time.monotonic()
            if case.startswith("killed"):
                process = subprocess.Popen(command(out), **quiet)
                part = folder + f"/{out}/model.safetensors.incomplete"
                until("a part", lambda: process.poll() is not None or os.path.exists(part) and os.path.getsize(part) > SIZE // 10)
                process.send_signal(signal.SIGKILL); process.wait()
                kept = os.path.getsize(part) if os.path.exists(part) else 0
            run = subprocess.run(command(out), capture_output=True, text=True)
            same = run.returncode == 0 and all(filecmp.cmp(folder + "/model/" + name, folder + f"/{out}/" + name, shallow=False) for name in os.listdir(folder + "/model"))
            wrong += not same
            print(f"{case:22} {time.monotonic() - started:6.2f} s  {'kept ' + format(kept, ',') + ' bytes  ' if kept else ''}{'every byte right' if same else 'WRONG: ' + run.stderr.strip()}", flush=True)
        return 1 if wrong else 0
    finally:
        for child in children: child.kill(); child.wait()


sys.exit(main())
