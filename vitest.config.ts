import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const storesTimeoutMs = 60_000;
const measuresTime = 'test/tenants/timing.test.ts';
const judgesTime = 'test/e2e/bad-model.test.ts';
const endToEnd = { globalSetup: ['test/e2e/global-setup.ts'], testTimeout: 1_200_000, hookTimeout: 1_200_000 };

/** What looks back on a whole run comes by name: one uses what another then counts. */
class LastByName extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLast = ({ moduleId }: TestSpecification) => moduleId.includes('/last/');
    const others = files.filter((file) => !isLast(file));
    const last = files.filter(isLast).sort((a, b) => a.moduleId.localeCompare(b.moduleId));
    return [...(await super.sort(others)), ...last];
  }
}

export default defineConfig({
  test: {
    // Vitest would leave a core to itself, which of two is one too many: files wait for their stores half of the time.
    maxWorkers: availableParallelism(),
    sequence: { sequencer: LastByName },
    // Of the domain, by its own tests and those on the real stores.
    coverage: {
      include: ['core/**/*.ts'],
      exclude: ['**/index.ts', '**/ports.ts'],
      reporter: ['text-summary'],
      thresholds: { branches: 88 },
    },
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'core/**/*.test.ts',
            'api/**/*.test.ts',
            'examples/**/*.test.ts',
            'test/*.test.ts',
            'test/architecture/**/*.test.ts',
            'test/support/**/*.test.ts',
            'test/chaos/real/**/*.test.ts',
          ],
          // Seconds of arithmetic, which take longer beside the stores.
          testTimeout: storesTimeoutMs,
        },
      },
      {
        test: {
          name: 'stores',
          include: ['adapters/**/*.test.ts', 'functions/**/*.test.ts', 'test/contract/**/*.test.ts', 'test/model/**/*.test.ts'],
          testTimeout: storesTimeoutMs,
          hookTimeout: 2 * storesTimeoutMs,
        },
      },
      {
        test: {
          name: 'tenants',
          include: ['test/tenants/**/*.test.ts', 'test/replays/**/*.test.ts'],
          exclude: [measuresTime],
          testTimeout: 5 * storesTimeoutMs,
          hookTimeout: 2 * storesTimeoutMs,
        },
      },
      // Alone, after the others.
      {
        test: {
          name: 'timing',
          include: [measuresTime],
          testTimeout: 5 * storesTimeoutMs,
          hookTimeout: 2 * storesTimeoutMs,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'infra',
          globalSetup: ['test/infra/global-setup.ts'],
          include: ['infra/**/*.test.ts', 'test/infra/**/*.test.ts', 'test/state-machines/**/*.test.ts'],
          testTimeout: 3 * storesTimeoutMs,
          hookTimeout: 5 * storesTimeoutMs,
          // The CDK and the stages that it made stay for the worker's next file: loading them anew would take half of the time.
          isolate: false,
        },
      },
      { test: { name: 'region', include: ['local/**/*.test.ts'], testTimeout: 2 * storesTimeoutMs, hookTimeout: 5 * storesTimeoutMs } },
      { test: { name: 'e2e', include: ['test/e2e/*.test.ts'], exclude: [judgesTime], ...endToEnd } },
      // Alone, after those: how slow a model is, is what it is about.
      { test: { name: 'e2e-slow', include: [judgesTime], ...endToEnd, sequence: { groupOrder: 1 } } },
      // What looks back on the whole run.
      {
        test: { name: 'e2e-last', include: ['test/e2e/last/*.test.ts'], ...endToEnd, fileParallelism: false, sequence: { groupOrder: 2 } },
      },
      {
        test: { name: 'lifecycle', include: ['test/lifecycle/**/*.test.ts'], testTimeout: 1_200_000, hookTimeout: 600_000 },
      },
    ],
  },
});
