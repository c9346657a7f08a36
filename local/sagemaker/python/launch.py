"""Runs one job's command to its end and leaves `exit.json` behind, whether or not anybody is still watching.

Usage: launch.py <exit file> <lease file> <lease seconds> <command>...
It is the leader of the job's process group and, on Linux, the reaper of everything the job starts.
"""

import ctypes
import json
import os
import resource
import signal
import struct
import subprocess
import sys
import time

exit_file, lease_file, lease_seconds, *command = sys.argv[1:]
state = {"stopping": False}


def raise_loopback():
    """A new network namespace has its loopback down; a container's is up."""
    import fcntl
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16sH14s", b"lo", 0x1 | 0x40, b"\0" * 14)  # IFF_UP | IFF_RUNNING
        fcntl.ioctl(probe.fileno(), 0x8914, request)  # SIOCSIFFLAGS


def become_reaper():
    """What the toolkit's death orphans is handed to this process and not to init."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def on_stop(_signal, _frame):
    state["stopping"] = True  # the whole group got the signal: the job's own processes decide when they end


def on_end(_signal, _frame):
    finish({"code": 137, "signal": "SIGKILL"})


def on_tick(_signal, _frame):
    """The executor renews the lease; without one for too long nobody will ever collect this job."""
    try:
        age = time.time() - os.stat(lease_file).st_mtime
    except FileNotFoundError:
        age = float("inf")
    if age > float(lease_seconds):
        print(f"The executor has been away for more than {lease_seconds} s: this job ends here.", flush=True)
        finish({"code": None, "signal": "SIGKILL", "abandoned": True})


def finish(outcome):
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    outcome |= {"endedAt": time.time(), "cpuSeconds": round(used.ru_utime + used.ru_stime, 3), "maxRssKilobytes": used.ru_maxrss}
    with open(exit_file + ".new", "w") as file:
        json.dump(outcome, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(exit_file + ".new", exit_file)
    kill_descendants()
    os.killpg(0, signal.SIGKILL)  # this process too


def kill_descendants():
    """As the end of a container's first process ends all others: also those that left the process group."""
    children = f"/proc/self/task/{os.getpid()}/children"
    while os.path.exists(children) and (pids := open(children).read().split()):
        for pid in pids:
            os.kill(int(pid), signal.SIGKILL)
        try:
            os.wait()
        except ChildProcessError:
            break


def main():
    if os.environ.pop("JOB_IN_OWN_NETWORK", "") == "1":
        try:
            raise_loopback()
        except OSError as error:
            print(f"NOTE: this job's loopback interface stays down: {error}", flush=True)
    # The executor measures the volume every second; meanwhile one file must not fill the machine's disk.
    volume = int(os.environ.pop("JOB_VOLUME_BYTES"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (volume, volume))
    if sys.platform == "linux":
        become_reaper()
    signal.signal(signal.SIGTERM, on_stop)
    signal.signal(signal.SIGUSR1, on_end)
    signal.signal(signal.SIGALRM, on_tick)
    signal.setitimer(signal.ITIMER_REAL, 5, 5)
    job = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    code = job.wait()
    while state["stopping"]:  # the script may be saving its model: it has until the group is killed
        try:
            os.wait()
        except ChildProcessError:
            break
    finish({"code": code if code >= 0 else 128 - code, "signal": signal.Signals(-code).name if code < 0 else None})


main()
