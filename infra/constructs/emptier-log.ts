import { CfnResource, type Stack } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Settings } from '../config.ts';
import { dataRemoval } from '../removal.ts';

/** What the library calls the provider of the function that empties buckets before they are deleted; one a stack. */
const EMPTIER = 'Custom::S3AutoDeleteObjectsCustomResourceProvider';

/** Gives the log of that function days, and an end with the stack: a log group that Lambda makes by itself has neither. */
export function boundEmptierLog(stack: Stack, settings: Settings): void {
  const provider = stack.node.findChild(EMPTIER);
  const handler = provider.node.findChild('Handler');
  if (!CfnResource.isCfnResource(handler))
    throw new Error(`The library's ${EMPTIER} has no function any more: look how its log is named now.`);
  const log = new LogGroup(provider, 'Logs', { retention: settings.logRetentionDays, removalPolicy: dataRemoval(settings) });
  handler.addPropertyOverride('LoggingConfig', { LogGroup: log.logGroupName });
}
