import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BUSY_SMALL, busyMonth, TEN_THOUSAND_TENANTS } from '../../infra/cost/busy-month.ts';
import { busyTable, idleReport, idleTable, priceTable } from '../../infra/cost/cost-tables.ts';
import { idleCost, type Template } from '../../infra/cost/idle-cost.ts';
import { PRICES, priced } from '../../infra/cost/prices.ts';
import { RULES } from '../../infra/cost/rules.ts';
import { keepFigures } from '../support/figures.ts';
import { ROOT, resources, STAGES, type Stage, synthesized } from './synth.ts';

const idle = (stage: Stage) => idleCost(Object.values(synthesized(stage).templates).map((template): Template => template.toJSON()));
const one = (Type: string, Properties: object) => idleCost([{ Resources: { One: { Type, Properties } } }]);

describe('an idle month', () => {
  it('of small is at most $60', () => expect(idle('small').usd).toBeLessThanOrEqual(60));

  it.each(STAGES)('of %s has a price or a reason for every resource', (stage) => expect(idle(stage).unpriced).toEqual([]));

  it('knows no type that no stage has', () => {
    const types = new Set(STAGES.flatMap((stage) => resources(stage).map(([, { Type }]) => Type)));
    // An address for alarms is a setting that no stage has yet.
    expect(Object.keys(RULES).filter((type) => !types.has(type) && type !== 'AWS::SNS::Subscription')).toEqual([]);
  });

  it('is told by cdk synth, dearest first', () => {
    const told = idleReport('small', idle('small'));
    expect(told).toMatch(
      /^An idle month of stage small costs about \$\d+\.\d\d \(us-east-1, list prices of \w+ \d{4}, .*\):\n\s+\$30\.00 {2}DocumentDB at rest\n/,
    );
  });

  it.each([
    ['a NAT gateway', 'AWS::EC2::NatGateway', {}],
    ['a table with provisioned capacity', 'AWS::DynamoDB::Table', { BillingMode: 'PROVISIONED' }],
    ['an instance of a fixed class', 'AWS::DocDB::DBInstance', { DBInstanceClass: 'db.r6g.large' }],
    ['a clock that wakes nobody we know', 'AWS::Events::Rule', { ScheduleExpression: 'cron(0 6 * * ? *)', Targets: [] }],
  ])('does not take %s for free', (_, type, properties) => expect(one(type, properties).unpriced).toHaveLength(1));

  it('counts units: a zone of an endpoint, a metric of an alarm', () => {
    expect(one('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Interface', SubnetIds: ['a', 'b'] }).usd).toBeCloseTo(14.6);
    expect(one('AWS::CloudWatch::Alarm', { Metrics: [{ MetricStat: {} }, { MetricStat: {} }, { Expression: 'a/b' }] }).usd).toBeCloseTo(
      0.2,
    );
  });
});

describe('a busy month', () => {
  it('of nothing costs nothing, and of twice as much twice as much', () => {
    const sum = (times: number) =>
      busyMonth({
        predictionCalls: 1e6 * times,
        models: 5 * times,
        scans: 9 * times,
        executions: 9 * times,
        acuHours: 9 * times,
        dcuHours: times,
      }).reduce((usd, line) => usd + line.usd, 0);
    expect(sum(0)).toBe(0);
    expect(sum(2)).toBeCloseTo(2 * sum(1), 6);
  });

  it('pays a million calls at the gateway as its price page has it', () => {
    const [gateway] = busyMonth({ predictionCalls: 1e6, models: 0, scans: 0, executions: 0, acuHours: 0, dcuHours: 0 });
    expect(gateway?.usd).toBeCloseTo(
      PRICES.httpApiRequest.usd + PRICES.lambdaRequest.usd + priced('lambdaTime', 1e6 * 0.02 * (1769 / 1024)),
      6,
    );
  });
});

it('docs/cost-tables.md is what the templates and prices give', async () => {
  const [small, prod] = [idle('small'), idle('prod')];
  const parts = [
    ['An idle month of `small`', idleTable(small)],
    ['An idle month of `prod`', idleTable(prod)],
    [
      'A busy month of `small`',
      `One team, five models: a million calls, a scan a day each, 40 trainings, the databases at work in office hours.\n\n${busyTable(BUSY_SMALL, small.usd)}`,
    ],
    [
      'A month of 10,000 tenants in `prod`',
      `One model each: 10,000 calls and a training a month, a scan a day; on average 8 ACU and 16 DCU.\n\n${busyTable(TEN_THOUSAND_TENANTS, prod.usd)}`,
    ],
    ['The prices', priceTable()],
  ];
  const text = ['# The numbers of [cost.md](cost.md)', ...parts.map(([head, body]) => `## ${head}\n\n${body}`)].join('\n\n');
  await expect(`${text}\n`).toMatchFileSnapshot(join(ROOT, 'docs', 'cost-tables.md'));
});

afterAll(() =>
  keepFigures('idle-cost', Object.fromEntries(STAGES.map((stage) => [`${stage}UsdAMonth`, Math.round(idle(stage).usd * 100) / 100]))),
);
