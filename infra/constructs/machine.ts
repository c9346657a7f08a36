import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { type CfnStateMachine, DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledge, wildcard } from '../acknowledge.ts';
import type { Settings } from '../config.ts';
import { dataRemoval } from '../removal.ts';
import type { Workspace } from '../workspace.ts';

export interface MachineProps {
  readonly settings: Settings;
  readonly workspace: Workspace;
  /** Of `state-machines/<name>.asl.json`, and how orders call it. */
  readonly name: string;
  /** By the names that the definition uses. */
  readonly functions: Readonly<Record<string, IFunction>>;
  /** Writes down how something ended whose machine could not. */
  readonly recorder: IFunction;
  readonly alarms: ITopic;
}

/** What the States Language allows in JSONata and cfn-lint does not know. */
const EXPRESSION_AS_TIMEOUT = /"TimeoutSeconds": "\{%/;

/** Known before the machine is made: what may be done to its executions is granted by their name. */
export function machineName({ stage }: Settings, name: string): string {
  return `sluice-${stage}-${name}`;
}

/** A state machine that orders steps done by our functions. Only ids and verdicts travel through it; its log says which state was entered and how it was left. */
export class Machine extends Construct {
  readonly name: string;
  readonly machine: StateMachine;
  /** Whether a state of it waits until somebody answers its task token. */
  readonly waitsForAnswers: boolean;
  readonly recorder: IFunction;

  constructor(scope: Construct, id: string, { settings, workspace, name, functions, recorder, alarms }: MachineProps) {
    super(scope, id);
    this.name = name;
    this.recorder = recorder;
    const definition = readFileSync(join(workspace.root, 'state-machines', `${name}.asl.json`), 'utf8');
    this.waitsForAnswers = definition.includes('.waitForTaskToken"');
    this.machine = new StateMachine(this, 'Machine', {
      stateMachineName: machineName(settings, name),
      definitionBody: DefinitionBody.fromString(definition),
      definitionSubstitutions: Object.fromEntries(Object.entries(functions).map(([key, { functionArn }]) => [key, functionArn])),
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, 'Logs', {
          // CloudWatch's resource policy for log deliveries is short; this prefix is the one it grants at once.
          logGroupName: `/aws/vendedlogs/states/${machineName(settings, name)}`,
          retention: settings.logRetentionDays,
          removalPolicy: dataRemoval(settings),
        }),
        level: LogLevel.ALL,
        // Without the states' data, which holds task tokens: whoever has one can answer for a person.
        includeExecutionData: false,
      },
    });
    if (EXPRESSION_AS_TIMEOUT.test(definition)) {
      const template = this.machine.node.defaultChild as CfnStateMachine;
      template.addMetadata('cfn-lint', { config: { ignore_checks: ['E3601'] } });
      template.addMetadata('why', 'cfn-lint takes numbers only as TimeoutSeconds; in JSONata it may be an expression.');
    }
    this.allow({ actions: ['lambda:InvokeFunction'], resources: Object.values(functions).map(({ functionArn }) => functionArn) });
    acknowledge(this.machine.role, {
      [wildcard('Resource::*')]:
        'X-Ray and the deliveries of logs take no resource; a test names the only actions that may be granted on everything.',
    });
    // An execution that fails has recorded why, and mostly was refused: that is no news. These two ends nobody records on the way.
    const silent = {
      TimedOut: { metric: this.machine.metricTimedOut(), ended: 'ran into the time limit of the whole machine' },
      Aborted: { metric: this.machine.metricAborted(), ended: 'was aborted from outside' },
    };
    for (const [ending, { metric, ended }] of Object.entries(silent)) {
      const alarm = metric.createAlarm(this, ending, {
        alarmDescription: `A ${name} execution ${ended}. See docs/runbooks/machine-ended.md`,
        threshold: 1,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        evaluationPeriods: 1,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      alarm.addAlarmAction(new SnsAction(alarms));
    }
  }

  /** What the machine itself calls besides its functions. */
  allow(statement: { actions: string[]; resources: string[]; conditions?: Record<string, unknown> }): void {
    this.machine.addToRolePolicy(new PolicyStatement(statement));
  }
}
