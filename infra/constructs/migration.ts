import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Settings } from '../config.ts';
import { DeploymentStep } from './deployment-step.ts';

export interface MigrationProps {
  readonly settings: Settings;
  /** Handles the events of a custom resource; safe to repeat. */
  readonly migrate: IFunction;
  /** Folder with the SQL files, in the order of their names. */
  readonly migrations: string;
  /** Whether what the app keeps in the databases goes with the stack. */
  readonly removesData: boolean;
}

/** Brings the database to the state of the SQL files during the deployment, before anything that is deployed after it can ask for more. */
export class Migration extends DeploymentStep {
  constructor(scope: Construct, id: string, { settings, migrate, migrations, removesData }: MigrationProps) {
    const properties = { migrations: hashOf(migrations), ...(removesData ? { whenDeleted: 'remove' } : {}) };
    super(scope, id, { settings, fn: migrate, type: 'Custom::SluiceMigration', properties });
  }
}

function hashOf(folder: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  for (const name of files.sort())
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(folder, name)))
      .update('\0');
  return hash.digest('hex');
}
