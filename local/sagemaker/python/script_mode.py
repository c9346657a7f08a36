"""The framework module of the image, as AWS's own images have one: script mode with the script's error kept.

Without `capture_error` the toolkit's failure file would name an exit code only.
"""

from sagemaker_training import entry_point, environment


def main():
    env = environment.Environment()
    entry_point.run(
        uri=env.module_dir,
        user_entry_point=env.user_entry_point,
        args=env.to_cmd_args(),
        env_vars=env.to_env_vars(),
        capture_error=True,
    )
