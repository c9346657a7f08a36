/** Where the databases are: made by this app, or the customer's own, named by secrets that exist already. */
export type DataStores =
  | {
      readonly kind: 'managed';
      /** Aurora capacity units; a floor of 0 lets an idle database sleep. */
      readonly postgres: { readonly minCapacity: number; readonly maxCapacity: number; readonly replicas: number };
      /** DocumentDB capacity units; 0.5 is the service's floor. */
      readonly mongo: { readonly minCapacity: number; readonly maxCapacity: number };
      readonly backupDays: number;
    }
  | {
      readonly kind: 'external';
      /** Secret with the owner's connection: { host, port, dbname, username, password, ssl }. */
      readonly postgresOwnerSecret: string;
      /** Secret with { uri, database }. */
      readonly mongoSecret: string;
      /** How many connections of that Postgres are ours to open. */
      readonly postgresConnections: number;
    };

/** An OpenID Connect issuer whose tokens are accepted. */
export interface Issuer {
  readonly issuer: string;
  /** Where it publishes its keys, as its discovery document says. @default for a Cognito user pool, where Cognito puts them; others must say */
  readonly jwksUri?: string;
  /** Client ids or audiences whose tokens are meant for this stage. */
  readonly audiences: readonly string[];
  /** Put before the subject of its tokens, so that two issuers cannot give two people one id. The own user pool has none, so every issuer beside it needs one. */
  readonly prefix?: string;
}

export interface Settings {
  readonly stage: string;
  readonly stores: DataStores;
  /**
   * Keep data when its resource leaves the template; `false` only where data is made anew by a script. Of databases that exist already
   * the app's own tables, role and collections go then, also when a first deployment fails and is rolled back.
   */
  readonly keepData: boolean;
  /**
   * For how many days nobody can delete a piece of audit evidence, the account's owner included. AWS lets this be made longer later,
   * never shorter. @default evidence can be deleted
   */
  readonly evidenceLockDays?: number;
  readonly vpcCidr: string;
  /** In how many zones Secrets Manager has an endpoint, each paid by the hour. With one, functions of both zones depend on it. */
  readonly endpointZones: 1 | 2;
  readonly logRetentionDays: 7 | 30 | 90 | 180 | 365;
  /**
   * Whether nothing else trains in the account and region, now or later, another stage neither. All training jobs write to one log
   * group, which nobody can choose: only then it is this stage's to give days, and to delete with itself where it keeps nothing.
   */
  readonly ownsTrainingLogs: boolean;
  /** Requests per second and burst of the whole API; API Gateway answers 429 beyond. */
  readonly throttle: { readonly rate: number; readonly burst: number };
  readonly predictMemoryMb: number;
  /** Share of the prediction calls that models have to answer, over 30 days; how fast the rest is used up rings alarms (docs/runbooks/error-budget.md). */
  readonly predictionSlo: number;
  /**
   * How many deliveries of predictions are logged at once, at least 2: each logs thousands of rows a second, and while they are all
   * at work, what comes in makes the next one fuller, so that the log has fewer and larger files.
   */
  readonly logDeliveriesAtOnce: number;
  /** Whether webhooks may go where only we can reach, and over plain HTTP: right where everything is one machine, and nowhere else. */
  readonly webhooks: { readonly privateAddresses: boolean };
  /** How often somebody looks for bells that the stream has lost. */
  readonly sweepMinutes: number;
  /** Issuers besides the app's own user pool. */
  readonly issuers: readonly Issuer[];
  readonly ownUserPool: boolean;
  /** Instance types that a pipeline may train on: with the job's time limit, what one execution can cost. */
  readonly trainingInstanceTypes: readonly string[];
  /**
   * Most copies of a function that run at once, by its folder's name; every function that opens connections to Postgres needs one.
   * They are taken out of the account's quota, of which AWS keeps 100 free: a new account may have to ask for more first.
   */
  readonly reservedConcurrency: Readonly<Record<string, number>>;
  /** Where spans go, by OTLP over HTTP. Functions inside the VPC have no way out of it, so the collector must be reachable from there. @default nowhere */
  readonly otlpEndpoint?: string;
  /** Whom every alarm writes to, once the address has confirmed the subscription. @default nobody; the output AlarmTopicArn takes subscribers */
  readonly alarmEmail?: string;
  /** The Python of the image that runs the built-in algorithms, for whose wheels their tarball is packed. @default whatever it was packed for */
  readonly trainingPython?: string;
}

/** What the stages share. */
const SMALL: Settings = {
  stage: 'dev',
  stores: {
    kind: 'managed',
    postgres: { minCapacity: 0, maxCapacity: 4, replicas: 0 },
    mongo: { minCapacity: 0.5, maxCapacity: 4 },
    backupDays: 7,
  },
  keepData: false,
  vpcCidr: '10.40.0.0/16',
  endpointZones: 1,
  logRetentionDays: 30,
  ownsTrainingLogs: false,
  throttle: { rate: 500, burst: 1000 },
  predictMemoryMb: 1769,
  predictionSlo: 0.995,
  logDeliveriesAtOnce: 2,
  webhooks: { privateAddresses: false },
  sweepMinutes: 5,
  issuers: [],
  ownUserPool: true,
  trainingInstanceTypes: ['ml.m5.large', 'ml.m5.xlarge', 'ml.m5.2xlarge', 'ml.c5.xlarge', 'ml.c5.2xlarge'],
  reservedConcurrency: {
    control: 100,
    operations: 40,
    watch: 25,
    feedback: 50,
    'data-step': 40,
    'evaluate-model': 40,
    'pipeline-step': 40,
    'drift-scan': 10,
    'rollout-step': 20,
    'batch-step': 10,
    'retraining-step': 5,
    'read-outbox': 60,
    administer: 2,
    'enforce-retention': 1,
    migrate: 1,
  },
};
const DEV: Settings = { ...SMALL, trainingPython: '3.12' };

const STAGES: Readonly<Record<string, Settings>> = {
  dev: DEV,
  // The laptop region: the same system. Only the databases are elsewhere, as for a customer with clusters of their own, and the sweep
  // comes sooner: a laptop is ended at any moment, and somebody sits before it and waits.
  // Its executor runs jobs with the machine's own Python, so the tarball is packed for that one.
  local: {
    ...SMALL,
    stage: 'local',
    stores: { kind: 'external', postgresOwnerSecret: 'region/postgres', mongoSecret: 'region/mongo', postgresConnections: 197 },
    reservedConcurrency: {
      control: 16,
      operations: 8,
      watch: 4,
      feedback: 8,
      'data-step': 4,
      'evaluate-model': 4,
      'pipeline-step': 8,
      'drift-scan': 4,
      'rollout-step': 4,
      'batch-step': 4,
      'retraining-step': 2,
      'read-outbox': 10,
      administer: 2,
      'enforce-retention': 1,
      migrate: 1,
    },
    ownsTrainingLogs: true,
    webhooks: { privateAddresses: true },
    sweepMinutes: 1,
  },
  // For one team in earnest, at rest for less than $60 a month (docs/cost.md): it keeps its data, and its Postgres sleeps.
  small: { ...DEV, stage: 'small', keepData: true, vpcCidr: '10.42.0.0/16', logRetentionDays: 90 },
  prod: {
    ...DEV,
    stage: 'prod',
    stores: {
      kind: 'managed',
      postgres: { minCapacity: 0.5, maxCapacity: 32, replicas: 1 },
      mongo: { minCapacity: 1, maxCapacity: 32 },
      backupDays: 35,
    },
    keepData: true,
    evidenceLockDays: 365,
    vpcCidr: '10.41.0.0/16',
    endpointZones: 2,
    logRetentionDays: 365,
    throttle: { rate: 5000, burst: 10_000 },
    logDeliveriesAtOnce: 10,
    trainingInstanceTypes: [...SMALL.trainingInstanceTypes, 'ml.m5.4xlarge', 'ml.c5.4xlarge'],
    reservedConcurrency: { ...SMALL.reservedConcurrency, control: 300, feedback: 150, 'read-outbox': 100 },
  },
};

export function settingsOf(stage: string): Settings {
  const settings = STAGES[stage];
  if (!settings)
    throw new Error(`There is no stage "${stage}". Choose one of ${Object.keys(STAGES).join(', ')}, or add it to infra/config.ts.`);
  return settings;
}
