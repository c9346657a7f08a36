import { App, Aspects, Tags } from 'aws-cdk-lib';
import { checkConcurrency } from './check-concurrency.ts';
import type { Settings } from './config.ts';
import { httpRoutes, type RouteTable } from './http-routes.ts';
import { NeedlessDependencies } from './needless-dependencies.ts';
import { ApiStack } from './stacks/api.ts';
import { ControlStack } from './stacks/control.ts';
import { DataStack } from './stacks/data.ts';
import { IdentityStack } from './stacks/identity.ts';
import { LoopStack } from './stacks/loop.ts';
import { NetworkStack } from './stacks/network.ts';
import { PipelinesStack } from './stacks/pipelines.ts';
import type { Workspace } from './workspace.ts';

export interface SluiceAppProps {
  readonly settings: Settings;
  readonly workspace: Workspace;
  /** @default cdk.out */
  readonly outdir?: string;
  /** Copy what is shipped into `outdir`, so that it can be deployed from elsewhere. @default true */
  readonly selfContained?: boolean;
  readonly routes: RouteTable;
}

/** The behaviours that the library offers to new apps and keeps off for old ones. */
const FEATURE_FLAGS = {
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/core:checkSecretUsage': true,
  '@aws-cdk/core:target-partitions': ['aws'],
  '@aws-cdk/aws-s3:createDefaultLoggingPolicy': true,
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
  '@aws-cdk/aws-secretsmanager:useAttachedSecretResourcePolicyForSecretTargetAttachments': true,
};

/** The whole system, one stage. Stacks are cut by lifetime: what holds data, who people are, what runs. */
export function sluiceApp({ settings, workspace, outdir, routes, selfContained = true }: SluiceAppProps): App {
  const table = httpRoutes(routes);
  checkConcurrency(
    settings,
    [...workspace.bundles.values()].filter(({ packages }) => packages.includes('pg')).map(({ name }) => name),
  );
  const app = new App({ context: { ...FEATURE_FLAGS, 'aws:cdk:disable-asset-staging': !selfContained }, ...(outdir ? { outdir } : {}) });
  // The stage is in the stacks' names and not in the constructs' ids: so every stage has the same logical ids and can be compared.
  const named = (part: string) => ({ stackName: `Sluice-${settings.stage}-${part}`, settings, workspace });

  const network = new NetworkStack(app, 'Network', named('Network'));
  const data = new DataStack(app, 'Data', { ...named('Data'), network });
  const identity = new IdentityStack(app, 'Identity', named('Identity'));
  const pipelines = new PipelinesStack(app, 'Pipelines', { ...named('Pipelines'), network, data });
  const loop = new LoopStack(app, 'Loop', { ...named('Loop'), network, data });
  new ControlStack(app, 'Control', { ...named('Control'), network, data, pipelines, loop });
  new ApiStack(app, 'Api', { ...named('Api'), network, data, identity, routes: table });

  Aspects.of(app).add(new NeedlessDependencies());
  Tags.of(app).add('project', 'sluice');
  Tags.of(app).add('stage', settings.stage);
  return app;
}
