import { createHash, randomUUID } from 'node:crypto';
import type { Context } from '../../core/kernel/index.ts';

/** What a request may name: path parameters by name, and content that was uploaded. */
export interface Names {
  readonly path: Readonly<Record<string, string>>;
  /** A model whose version may be rolled out, because nothing is under way. */
  readonly spare: string;
  readonly upload: Readonly<Record<'dataset' | 'batch', string>>;
}

export interface TenantWorld extends Names {
  readonly id: string;
  readonly slug: string;
  /** Stands in the words of every resource, and in no request. */
  readonly secret: string;
  /** Of all its names. */
  readonly suffix: string;
  readonly ctx: Context;
}

export const hash = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

/** Names of one tenant, alike in length to every other's; nothing is behind them before `seedTenant`. */
export function namesOf(suffix: string): Names {
  return {
    spare: `spare-${suffix}`,
    upload: { dataset: hash(`rows ${suffix}`), batch: hash(csvOf(suffix)) },
    path: {
      alias: `alias-${suffix}`,
      approval: randomUUID(),
      batch: randomUUID(),
      dataset: `dataset-${suffix}`,
      execution: randomUUID(),
      experiment: `experiment-${suffix}`,
      model: `model-${suffix}`,
      monitor: `monitor-${suffix}`,
      pipeline: `pipeline-${suffix}`,
      prediction: randomUUID(),
      principal: `member-${suffix}`,
      rollout: randomUUID(),
      run: randomUUID().replaceAll('-', ''),
      scan: randomUUID(),
      version: '1',
      webhook: randomUUID(),
    },
  };
}

export const newSuffix = (): string => randomUUID().replaceAll('-', '').slice(0, 10);

/** Names that nothing is behind, right beside those of this suffix in every order. */
export function nowhereBeside(suffix: string): Names & { readonly suffix: string } {
  const beside = `${suffix.slice(0, -1)}${suffix.endsWith('f') ? 'e' : 'f'}`;
  return { ...namesOf(beside), suffix: beside };
}

export const csvOf = (suffix: string) => `id,distance,delay,origin,weekend,date\n${suffix},1000,4,SFO,true,2001-04-01 10:00\n`;

/** What everything that is seeded says. */
export interface Seed {
  readonly names: Names;
  readonly secret: string;
  readonly files: Readonly<Record<'model' | 'signature' | 'report', string>>;
}
