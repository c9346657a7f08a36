import type { Environment } from '#functions/_telemetry/telemetry.ts';

/** @throws at the cold start, with the name of what the deployment forgot */
export function required(env: Environment, name: string): string {
  const value = env[name];
  if (!value) throw new Error(`The function needs the environment variable ${name}; the deployment did not set it.`);
  return value;
}
