/** What one unit costs, and where to look whether it still does. */
export interface Price {
  readonly usd: number;
  readonly per: string;
  /** The service's own price page. */
  readonly page: string;
}

export const REGION = 'us-east-1';
/** When the list below was put together, from published copies of the price pages; it changes when somebody compares it anew. */
export const PRICED_IN = 'November 2026';
export const HOURS_A_MONTH = 730;

const page = (path: string) => `https://aws.amazon.com/${path}/pricing/`;

/** List prices on demand, without free tiers, credits, savings plans and taxes. */
export const PRICES = {
  auroraAcu: { usd: 0.12, per: 'ACU-hour', page: page('rds/aurora') },
  auroraStorage: { usd: 0.1, per: 'GB-month', page: page('rds/aurora') },
  auroraIo: { usd: 0.2, per: 'million I/Os', page: page('rds/aurora') },
  documentDbDcu: { usd: 0.0822, per: 'DCU-hour', page: page('documentdb') },
  documentDbStorage: { usd: 0.1, per: 'GB-month', page: page('documentdb') },
  documentDbIo: { usd: 0.2, per: 'million I/Os', page: page('documentdb') },
  interfaceEndpoint: { usd: 0.01, per: 'zone-hour', page: page('privatelink') },
  alarmMetric: { usd: 0.1, per: 'metric of an alarm, a month', page: page('cloudwatch') },
  compositeAlarm: { usd: 0.5, per: 'composite alarm, a month', page: page('cloudwatch') },
  dashboard: { usd: 3, per: 'dashboard, a month', page: page('cloudwatch') },
  customMetric: { usd: 0.3, per: 'metric, a month, of the first 10,000', page: page('cloudwatch') },
  customMetricBeyond: { usd: 0.1, per: 'metric, a month, beyond 10,000', page: page('cloudwatch') },
  logIngestion: { usd: 0.5, per: 'GB', page: page('cloudwatch') },
  secret: { usd: 0.4, per: 'secret, a month', page: page('secrets-manager') },
  sqsRequest: { usd: 0.4, per: 'million requests', page: page('sqs') },
  lambdaRequest: { usd: 0.2, per: 'million requests', page: page('lambda') },
  lambdaTime: { usd: 0.0000166667, per: 'GB-second', page: page('lambda') },
  dynamoRead: { usd: 0.125, per: 'million reads', page: page('dynamodb') },
  dynamoWrite: { usd: 0.625, per: 'million writes', page: page('dynamodb') },
  cognitoServiceClient: { usd: 6, per: 'client with client credentials, a month', page: page('cognito') },
  httpApiRequest: { usd: 1, per: 'million requests', page: page('api-gateway') },
  s3Put: { usd: 5, per: 'million puts', page: page('s3') },
  s3Storage: { usd: 0.023, per: 'GB-month', page: page('s3') },
  event: { usd: 1, per: 'million events', page: page('eventbridge') },
  transition: { usd: 25, per: 'million transitions', page: page('step-functions') },
  trainingHour: { usd: 0.23, per: 'hour of ml.m5.xlarge', page: page('sagemaker') },
} as const satisfies Readonly<Record<string, Price>>;

export type PriceName = keyof typeof PRICES;

/** Units of a price in US dollars; prices per million take millions. */
export function priced(name: PriceName, units: number): number {
  return PRICES[name].usd * units;
}
