import { App, Tags } from 'aws-cdk-lib';
import { bundleFunctions } from './bundle-functions.ts';
import type { Settings } from './config.ts';
import { httpRoutes, type RouteTable } from './http-routes.ts';
import { layerFiles } from './layer-files.ts';
import { ApiStack } from './stacks/api.ts';
import { ControlStack } from './stacks/control.ts';
import { DataStack } from './stacks/data.ts';
import { IdentityStack } from './stacks/identity.ts';
import { NetworkStack } from './stacks/network.ts';
import { PipelinesStack } from './stacks/pipelines.ts';
import type { Workspace } from './workspace.ts';

export interface SluiceAppProps {
  readonly settings: Settings;
  /** The repository. */
  readonly root: string;
  readonly outdir?: string;
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
export function sluiceApp({ settings, root, outdir, routes }: SluiceAppProps): App {
  const table = httpRoutes(routes);
  const app = new App({ context: FEATURE_FLAGS, ...(outdir ? { outdir } : {}) });
  const workspace: Workspace = { root, bundles: bundleFunctions(root), layers: layerFiles(root) };
  const named = (part: string) => ({ stackName: `Sluice-${settings.stage}-${part}`, settings, workspace });

  const network = new NetworkStack(app, `Sluice-${settings.stage}-Network`, named('Network'));
  const data = new DataStack(app, `Sluice-${settings.stage}-Data`, { ...named('Data'), network });
  const identity = new IdentityStack(app, `Sluice-${settings.stage}-Identity`, named('Identity'));
  const pipelines = new PipelinesStack(app, `Sluice-${settings.stage}-Pipelines`, { ...named('Pipelines'), network, data });
  new ControlStack(app, `Sluice-${settings.stage}-Control`, { ...named('Control'), network, data, pipelines });
  new ApiStack(app, `Sluice-${settings.stage}-Api`, { ...named('Api'), network, data, identity, routes: table });

  Tags.of(app).add('project', 'sluice');
  Tags.of(app).add('stage', settings.stage);
  return app;
}
