"""After a restart a function reads a table's stream from its beginning: the engine keeps how far the function had come but not the
records, whose count starts at nothing again, so that it would skip as many new records as it had read old ones."""

from hooks import find, replace
from ministack.services import dynamodb, lambda_svc


def apply():
    positions = find(lambda_svc, "_dynamodb_stream_positions")
    find(dynamodb, "_stream_records")

    def restoring(original):
        return lambda store, kept: None if store is positions else original(store, kept)

    replace(lambda_svc, "_restore_esm_positions", restoring)
