import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', '*.ts', '*.mjs'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '');
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');

describe('the rooms of the house', () => {
  it('are entered only by their doors', () => {
    const report = JSON.parse(
      execFileSync('npx', ['--no-install', 'depcruise', '--config', '.dependency-cruiser.mjs', '--output-type', 'json', ...rooms()], {
        cwd: root,
        encoding: 'utf8',
        maxBuffer: 256 * 1024 * 1024,
      }),
    );
    expect(
      report.summary.violations.map((v: { rule: { name: string }; from: string; to: string }) => `${v.rule.name}: ${v.from} → ${v.to}`),
    ).toEqual([]);
    // Without its swc parser the cruiser passes on nothing at all.
    expect(report.summary.totalCruised).toBeGreaterThan(100);
  }, 60_000);

  it('read the environment only at a composition root', () => {
    const roots =
      /^(functions\/[^_][^/]*\/handler\.ts|local\/main\.ts|local\/sagemaker\/main\.ts|infra\/main\.ts|cli\/main\.ts|setup\/|test\/|examples\/[^/]+\/main\.ts|api\/write-openapi\.ts)|\.test\.ts$|\/test-support\.ts$|vitest\.config\.ts$/;
    expect(tracked.filter((path) => !roots.test(path) && /process\.env\b/.test(read(path)))).toEqual([]);
  });

  it('name no table inside a template of SQL, where the tenant predicate does not see it', () => {
    const inside = (path: string) => [...read(path).matchAll(/\bsql(?:<[^`]*>)?`([^`]*)`/g)].map(([, text]) => text ?? '');
    const stores = tracked.filter((path) => /^adapters\/postgres\/(?!.*\.test\.ts$)/.test(path));
    expect(stores.flatMap(inside).length).toBeGreaterThan(10);
    expect(stores.filter((path) => inside(path).some((text) => /\b(from|join|update|into)\s+"?[a-z_]/i.test(text)))).toEqual([]);
  });

  it('have no drawers for odds and ends', () => {
    expect(tracked.filter((path) => /(^|\/)(utils?|helpers?|types|services|common|misc)\//.test(path))).toEqual([]);
  });

  it('have no default exports and no switched-off tests', () => {
    const source = tracked.filter((path) => path !== 'vitest.config.ts' && path !== '.dependency-cruiser.mjs');
    expect(source.filter((path) => /^export default /m.test(read(path)))).toEqual([]);
    expect(source.filter((path) => /\b(it|test|describe)\.(skip|todo|only)\(/.test(read(path)))).toEqual([]);
  });
});

function rooms(): string[] {
  return ['api', 'core', 'adapters', 'functions', 'infra', 'local', 'examples'];
}
