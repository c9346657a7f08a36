"""Runs one engine and outlives nobody: when the other end of standard input is gone, the engine and all its descendants end.

    guard.py --signal TERM --grace 10 -- command argument...

The supervisor holds the other end of the pipe. A `kill -9` of the supervisor closes it, so nothing is left behind. On Linux the
guard is a sub-reaper (a descendant that started a session of its own comes back to it) and the engine gets a parent-death
signal, so that a `kill -9` of the guard ends the engine as well.
"""

import argparse
import ctypes
import os
import select
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def prctl(option, value):
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def start(command, stop_signal):
    guard = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    os.setsid()
    prctl(PR_SET_PDEATHSIG, stop_signal)
    if os.getppid() != guard:  # it died before the request above took effect
        os._exit(1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
        os._exit(127)


def children_of(pid):
    """Every living descendant, from /proc; empty where there is none (then the process group has to do)."""
    parents = {}
    try:
        entries = [entry for entry in os.listdir("/proc") if entry.isdigit()]
    except OSError:
        return []
    for entry in entries:
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as stat:
                state, parent = stat.read().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if state not in "ZX":
            parents.setdefault(int(parent), []).append(int(entry))
    found, open_ends = [], [pid]
    while open_ends:
        for child in parents.get(open_ends.pop(), []):
            found.append(child)
            open_ends.append(child)
    return found


def send(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except OSError:
            pass


def send_group(pid, number):
    try:
        os.killpg(pid, number)
    except OSError:
        pass


def reap(engine, code):
    """Collects every child that ended; returns the engine's exit code once it is known."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if pid == 0:
            return code
        if pid == engine:
            code = os.waitstatus_to_exitcode(status)


def finish(engine, code, stop_signal, grace):
    """Asks the engine, waits, then ends whatever is left: its group and the descendants that left it."""
    if code is None:
        send([engine], stop_signal)
        end = time.monotonic() + grace
        while code is None and time.monotonic() < end:
            time.sleep(0.02)
            code = reap(engine, code)
    send_group(engine, signal.SIGTERM)
    send(children_of(os.getpid()), signal.SIGTERM)
    end = time.monotonic() + 2
    while children_of(os.getpid()) and time.monotonic() < end:
        time.sleep(0.02)
        code = reap(engine, code)
    while children_of(os.getpid()):
        send_group(engine, signal.SIGKILL)
        send(children_of(os.getpid()), signal.SIGKILL)
        time.sleep(0.02)
        code = reap(engine, code)
    send_group(engine, signal.SIGKILL)
    return code


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--signal", default="TERM")
    parser.add_argument("--grace", type=float, default=10)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    stop_signal = getattr(signal, f"SIG{options.signal}")

    prctl(PR_SET_CHILD_SUBREAPER, 1)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    os.set_blocking(wake_read, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    asked = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: asked.append(received))
    signal.signal(signal.SIGCHLD, lambda *_: None)

    engine, code = start(command, stop_signal), None
    while code is None and not asked:
        ready, _, _ = select.select([0, wake_read], [], [])
        if wake_read in ready:
            os.read(wake_read, 512)
            code = reap(engine, code)
        if 0 in ready and not os.read(0, 512):
            break
    code = finish(engine, code, stop_signal, options.grace)
    sys.exit(1 if code is None else code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
