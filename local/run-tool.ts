import { execa } from 'execa';

/** Runs a tool to its end. An abort ends it with everything it started: in a group of its own, for the venv module and pip start others. */
export async function runTool(
  file: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  signal?.throwIfAborted();
  const child = execa(file, args, { detached: signal !== undefined, env });
  const end = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    } catch {
      // It ended by itself meanwhile.
    }
  };
  signal?.addEventListener('abort', end);
  try {
    await child;
  } finally {
    signal?.removeEventListener('abort', end);
    signal?.throwIfAborted();
  }
}
