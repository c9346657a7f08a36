"""Starts the AWS engine with our repairs: each closes one gap that something here uses, and knows nothing of what is deployed."""

from repairs import (
    access_record,
    api_errors,
    autosave,
    bucket_tags,
    crash_notice,
    delivery_disorder,
    lambda_errors,
    lambda_idle,
    lambda_limits,
    lambda_logs,
    loopback_transport,
    missing_types,
    orphaned_buckets,
    orphaned_users,
    rule_targets,
    sagemaker,
    scheduler_attributes,
    scheduler_clock,
    scheduler_groups,
    scheduler_pace,
    secret_reference,
    service_roles,
    steps_callbacks,
    steps_jsonata,
    steps_limits,
    steps_retries,
    steps_timeouts,
    stream_failures,
    stream_positions,
    write_conditions,
)

REPAIRS = (
    api_errors,
    loopback_transport,
    missing_types,
    orphaned_buckets,
    bucket_tags,
    secret_reference,
    lambda_errors,
    lambda_idle,
    lambda_limits,
    lambda_logs,
    steps_jsonata,
    steps_timeouts,
    steps_callbacks,
    steps_retries,
    steps_limits,
    sagemaker,
    rule_targets,
    stream_positions,
    stream_failures,
    scheduler_clock,
    scheduler_attributes,
    scheduler_groups,
    scheduler_pace,
    access_record,
    service_roles,
    write_conditions,
    # After the repairs of what it disturbs.
    delivery_disorder,
    autosave,
    # After what saves.
    orphaned_users,
    crash_notice,
)


def main():
    for repair in REPAIRS:
        repair.apply()
    from ministack import app

    app.main()


if __name__ == "__main__":
    main()
