import { AttributeType, BillingMode, StreamViewType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import type { Settings } from '../config.ts';
import { dataRemoval } from '../removal.ts';

export interface ControlTablesProps {
  readonly settings: Settings;
}

/** What the edge reads without waking a database. All of it can be rebuilt from Postgres. */
export class ControlTables extends Construct {
  /** Principal and tenant → roles; read by the authorizer. */
  readonly memberships: Table;
  /** Tenant and model → the versions that serve. */
  readonly routing: Table;
  /** One item per write about to commit; its stream wakes the publisher. */
  readonly bell: Table;
  /** One item per machine that was ordered and is not known to have ended. */
  readonly open: Table;
  /** One item per schedule that is enabled: when it runs next. */
  readonly due: Table;
  /** One item per tenant whose policy says how long something is kept. */
  readonly retained: Table;

  constructor(scope: Construct, id: string, { settings }: ControlTablesProps) {
    super(scope, id);
    const common = {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.DEFAULT,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: dataRemoval(settings),
      deletionProtection: settings.keepData,
    };
    const sortKey = { name: 'sk', type: AttributeType.STRING };
    this.memberships = new Table(this, 'Memberships', { ...common, sortKey });
    this.routing = new Table(this, 'Routing', { ...common, sortKey });
    this.bell = new Table(this, 'Bell', { ...common, timeToLiveAttribute: 'expiresAt', stream: StreamViewType.NEW_IMAGE });
    this.open = new Table(this, 'Open', common);
    this.due = new Table(this, 'Due', common);
    this.retained = new Table(this, 'Retained', common);
  }
}
