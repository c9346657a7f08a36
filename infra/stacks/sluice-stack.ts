import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Settings } from '../config.ts';
import type { Workspace } from '../workspace.ts';

export interface SluiceStackProps {
  readonly stackName: string;
  readonly settings: Settings;
  readonly workspace: Workspace;
}

/** Account and region come from whoever deploys, so that one assembly fits every account. */
export class SluiceStack extends Stack {
  readonly settings: Settings;
  readonly workspace: Workspace;

  constructor(scope: Construct, id: string, { stackName, settings, workspace }: SluiceStackProps) {
    super(scope, id, { stackName, terminationProtection: settings.keepData });
    this.settings = settings;
    this.workspace = workspace;
  }
}
