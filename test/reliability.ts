import { spawnSync } from 'node:child_process';
import { type Figures, keptFigures } from './support/figures.ts';

/** `npm run reliability`: runs the checks that count something and prints what they counted; with `--read`, what they last counted here. */

/** By suite, in the order in which docs/reliability.md tells them: what is counted, and by which check of `npm test`. */
const SUITES: readonly { readonly suite: string; readonly title: string; readonly check: string }[] = [
  { suite: 'bad-inputs', title: 'Bad input', check: 'e2e' },
  { suite: 'injected-faults', title: 'Injected faults', check: 'chaos' },
  { suite: 'real-kills', title: 'Real kills', check: 'kills' },
  { suite: 'engine-kills', title: 'Kills of the AWS engine', check: 'kills' },
  { suite: 'replays', title: 'Replays', check: 'tenants' },
  { suite: 'control-loop-model', title: 'Model of the control loop', check: 'unit' },
  { suite: 'tenant-matrix-roles', title: 'Route × role × tenant', check: 'tenants' },
  { suite: 'tenant-matrix', title: 'Names of other tenants', check: 'tenants' },
  { suite: 'tenant-timing', title: 'Time of such answers', check: 'tenants' },
  { suite: 'audit-chain', title: 'Audit chain', check: 'unit' },
  { suite: 'iam', title: 'IAM grants', check: 'e2e' },
  { suite: 'logs', title: 'Secrets in logs', check: 'e2e' },
  { suite: 'trace', title: 'One trace', check: 'e2e' },
  { suite: 'aws-checks', title: 'cdk-nag, cfn-lint, wildcards', check: 'infra' },
  { suite: 'idle-cost', title: 'Idle month in dollars', check: 'infra' },
  { suite: 'upgrade', title: 'Upgrade in place', check: 'lifecycle' },
  { suite: 'destroy', title: 'Destroy', check: 'lifecycle' },
];

export async function reliabilityTable(): Promise<string> {
  const widest = Math.max(...SUITES.map(({ title }) => title.length));
  const rows = await Promise.all(
    SUITES.map(async ({ suite, title, check }) => {
      const kept = await keptFigures(suite);
      const said = kept ? `${sentence(kept.figures)}  (${kept.at.slice(0, 16)}Z)` : `not counted here yet: npm test -- ${check}`;
      return `${title.padEnd(widest)}  ${said}`;
    }),
  );
  return rows.join('\n');
}

/** `lostWrites: 0` as `0 lost writes`; what is no number keeps its name. */
function sentence(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => {
      const words = name.replaceAll(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
      return typeof value === 'number' ? `${value.toLocaleString('en-US')} ${words}` : `${words} ${value}`;
    })
    .join(' · ');
}

if (import.meta.main) {
  if (!process.argv.includes('--read')) {
    const checks = [...new Set(SUITES.map(({ check }) => check))];
    const { status } = spawnSync(process.execPath, [new URL('run.ts', import.meta.url).pathname, ...checks], { stdio: 'inherit' });
    process.exitCode = status ?? 1;
  }
  console.log(await reliabilityTable());
}
