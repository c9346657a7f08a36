import { join } from 'node:path';
import { ROUTES } from '#api/routes.ts';
import { sluiceApp } from './app.ts';
import { checkTrainingSource } from './check-training-source.ts';
import { settingsOf } from './config.ts';
import { idleReport } from './cost/cost-tables.ts';
import { idleCost } from './cost/idle-cost.ts';
import { checkTrainingRegion } from './training-images.ts';
import { buildWorkspace } from './workspace.ts';

/** `STAGE` or `cdk -c stage=…`; the laptop when neither says. Only here is the environment read. A collector that it names is taken before the stage's own. */
const stage = process.env['STAGE'] ?? contextArgument('stage') ?? 'local';

const collector = process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
const settings = { ...settingsOf(stage), ...(collector ? { otlpEndpoint: collector } : {}) };
const root = join(import.meta.dirname, '..');
checkTrainingSource(root, settings);
// The CLI names the region that the stacks will go to.
checkTrainingRegion(process.env['CDK_DEFAULT_REGION']);
const assembly = sluiceApp({ settings, workspace: buildWorkspace(root), routes: ROUTES }).synth();
// Beside the templates, which the CLI prints to stdout.
process.stderr.write(`${idleReport(stage, idleCost(assembly.stacks.map(({ template }) => template)))}\n`);

/** The CLI hands `-c` values over as JSON, before the app exists. */
function contextArgument(name: string): string | undefined {
  const context: unknown = JSON.parse(process.env['CDK_CONTEXT_JSON'] ?? '{}');
  const value = typeof context === 'object' && context !== null ? Object.entries(context).find(([key]) => key === name)?.[1] : undefined;
  return typeof value === 'string' ? value : undefined;
}
