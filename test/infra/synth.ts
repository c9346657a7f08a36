import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ROUTES } from '#api/routes.ts';
import { sluiceApp } from '../../infra/app.ts';
import { settingsOf } from '../../infra/config.ts';
import { buildWorkspace } from '../../infra/workspace.ts';

export const ROOT = join(import.meta.dirname, '..', '..');
export const workspace = buildWorkspace(ROOT);
export const STAGES = ['local', 'dev', 'small', 'prod'] as const;
export type Stage = (typeof STAGES)[number];

export interface Synthesized {
  readonly app: App;
  /** Folder of the templates. */
  readonly outdir: string;
  /** By the last part of a stack's name: `Data`, `Api`, … */
  readonly templates: Readonly<Record<string, Template>>;
}

export interface CfnResource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape.
  readonly Properties?: any;
}

const done = new Map<Stage, Synthesized>();

/** The real app with the real bundles, once per worker and stage. */
export function synthesized(stage: Stage): Synthesized {
  const known = done.get(stage);
  if (known) return known;
  // Below the folder that goes with the tests (global-setup.ts): a worker is ended before it could tidy up.
  const outdir = mkdtempSync(join(process.env['CDK_OUTDIR'] ?? tmpdir(), `${stage}-`));
  const app = sluiceApp({ settings: settingsOf(stage), workspace, outdir, routes: ROUTES, selfContained: false });
  app.synth();
  const stacks = app.node.children.filter((child) => Stack.isStack(child));
  const templates = Object.fromEntries(stacks.map((stack) => [stack.stackName.split('-').at(-1) ?? '', Template.fromStack(stack)]));
  const result = { app, outdir, templates };
  done.set(stage, result);
  return result;
}

/** Every resource of one type in every stack, by stack and logical id. */
export function resources(stage: Stage, type?: string): readonly (readonly [string, CfnResource])[] {
  return Object.entries(synthesized(stage).templates).flatMap(([stack, template]) =>
    Object.entries<CfnResource>(template.toJSON()['Resources'])
      .filter(([, resource]) => type === undefined || resource.Type === type)
      .map(([id, resource]) => [`${stack}/${id}`, resource] as const),
  );
}

/** The Lambdas that are ours, by the name of their folder; the CDK's own helpers have none. */
export function ourFunctions(stage: Stage): ReadonlyMap<string, CfnResource> {
  const functions = resources(stage, 'AWS::Lambda::Function').map(
    ([, fn]) => [fn.Properties.Environment?.Variables?.POWERTOOLS_SERVICE_NAME, fn] as const,
  );
  return new Map(functions.filter(([name]) => name !== undefined));
}
