"""JSONata in Succeed (`Output`) and Parallel (`Arguments`, `Output`, `Assign`, variables of each branch its own): the engine ignores it."""

import contextvars
import copy
from concurrent.futures import ThreadPoolExecutor

from hooks import find, replace
from ministack.services import stepfunctions


def is_jsonata(state, ctx):
    return stepfunctions._state_query_language(state, ctx) == "JSONata"


def in_thread(pool, function, *args):
    """The engine finds the account and the region in context variables; a pool's threads do not inherit them."""
    return pool.submit(contextvars.copy_context().run, function, *args)


def _succeed(original):
    def output_path(state, data, ctx=None):
        if state.get("Type") == "Succeed" and is_jsonata(state, ctx):
            return stepfunctions._apply_jsonata_output(state, data, ctx, default=data)
        return original(state, data, ctx)

    return output_path


def _branch_scope(ctx):
    return {**ctx, "State": dict(ctx.get("State") or {}), "variables": copy.deepcopy(ctx.get("variables", {}))}


def _parallel(original):
    def run(state, data, execution, ctx):
        if not is_jsonata(state, ctx):
            return original(state, data, execution, ctx)
        argument, branches = stepfunctions._apply_jsonata_arguments(state, data, ctx), state["Branches"]
        with ThreadPoolExecutor(len(branches)) as pool:
            started = [
                in_thread(pool, stepfunctions._run_sub_machine, branch["States"], branch["StartAt"], argument, execution, _branch_scope(ctx))
                for branch in branches
            ]
            result = [branch.result() for branch in started]
        output = stepfunctions._apply_jsonata_output(state, data, ctx, result=result, default=result)
        stepfunctions._apply_state_assign(state, data, ctx, result=result)
        return output, stepfunctions._next_or_end(state)

    return run


def apply():
    for name in ("_apply_jsonata_arguments", "_apply_jsonata_output", "_apply_state_assign", "_next_or_end", "_run_sub_machine"):
        find(stepfunctions, name)
    replace(stepfunctions, "_apply_output_path", _succeed)
    replace(stepfunctions, "_run_parallel_branches", _parallel)
