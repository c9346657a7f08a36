"""An environment that nobody needs ends, the last one of its function too: the engine keeps one of each for as long as it runs."""

import time

from hooks import find, replace
from ministack.core import lambda_runtime
from ministack.services import lambda_svc


def apply():
    find(lambda_runtime, "_workers")
    find(lambda_runtime, "_lock")
    find(lambda_runtime, "kill_workers")
    find(lambda_runtime, "_LOCAL_WORKER_TTL")
    # The service that looks for idle workers has the name as its own.
    replace(lambda_svc, "reap_idle_workers", lambda _: _reap_idle_workers)


def _reap_idle_workers(ttl=None):
    """Ends every worker that has been idle for `ttl` seconds, and returns how many these were."""
    oldest = time.time() - (lambda_runtime._LOCAL_WORKER_TTL if ttl is None else ttl)
    idle = []
    with lambda_runtime._lock:
        for key, workers in list(lambda_runtime._workers.items()):
            kept = [worker for worker in workers if worker.in_use or getattr(worker, "last_used", oldest + 1) > oldest]
            idle += [worker for worker in workers if worker not in kept]
            if kept:
                lambda_runtime._workers[key] = kept
            else:
                lambda_runtime._workers.pop(key)
    lambda_runtime.kill_workers(idle)
    return len(idle)
