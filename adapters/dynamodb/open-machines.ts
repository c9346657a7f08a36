import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  type ScanCommandInput,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { scanPages } from './scan-pages.ts';
import { unlessConditionFails } from './unless-condition-fails.ts';

/** By the name of the error that tells of it the steps that order are tried again. */
const STORE = 'The table of open machines';

/** A machine by the names that orders use; those that follow a lost one are `<name>.2` and so on, and have no entry of their own. */
export interface OrderedMachine {
  readonly machine: string;
  readonly name: string;
  readonly tenant: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly traceparent: string | null;
}

/** A decision that a machine waits for. */
export interface Waits {
  /** When it should have fallen. */
  readonly dueAt: Date;
  /** From when on it has been waited for so long that somebody should be told. */
  readonly longFrom: Date;
}

export interface LongWait extends Pick<OrderedMachine, 'machine' | 'name' | 'tenant'> {
  readonly dueAt: Date;
}

export interface OpenMachine extends OrderedMachine {
  /** When it was last ordered. */
  readonly since: Date;
  /** When the decision should have fallen that it waits for. */
  readonly dueAt: Date | undefined;
}

type Item = Readonly<Record<string, AttributeValue | undefined>>;

/**
 * What was ordered and is not known to have ended: an item per order, written before its machine is started and removed when
 * Postgres says that what it was about has ended. So whoever looks for what is stuck asks no database while nothing is.
 */
export function dynamoOpenMachines(client: Pick<DynamoDBClient, 'send'>, table: string, now: () => Date = () => new Date()) {
  const keyOf = ({ machine, name }: Pick<OpenMachine, 'machine' | 'name'>) => ({ pk: { S: `${machine}/${name}` } });
  const update = (entry: Pick<OpenMachine, 'machine' | 'name'>, change: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>) =>
    unlessConditionFails(STORE, client.send(new UpdateItemCommand({ TableName: table, Key: keyOf(entry), ...change })));
  const entering = ({ machine, name, tenant, input, traceparent }: OrderedMachine) => ({
    UpdateExpression: 'SET #machine = :machine, #name = :name, tenant = :tenant, #input = :input, traceparent = :traceparent, since = :now',
    ExpressionAttributeNames: { '#machine': 'machine', '#name': 'name', '#input': 'input' },
    ExpressionAttributeValues: {
      ':machine': { S: machine },
      ':name': { S: name },
      ':tenant': { S: tenant },
      ':input': { S: JSON.stringify(input) },
      ':traceparent': traceparent === null ? { NULL: true } : { S: traceparent },
      ':now': { N: String(now().getTime()) },
    },
  });
  const scan = (those: Pick<ScanCommandInput, 'FilterExpression' | 'ExpressionAttributeValues'>) =>
    scanPages(client, { TableName: table, ConsistentRead: true, ...those });
  return {
    /** Ordered, perhaps again. What it waits for stays. */
    enter: async (order: OrderedMachine): Promise<void> => void (await update(order, entering(order))),
    /** The same, where nothing is known of it. */
    async enterMissing(order: OrderedMachine): Promise<boolean> {
      return (await update(order, { ...entering(order), ConditionExpression: 'attribute_not_exists(pk)' })) !== undefined;
    },
    /** It waits for a decision; nothing happens where it has no entry. */
    async waitsFor(entry: Pick<OpenMachine, 'machine' | 'name'>, { dueAt, longFrom }: Waits): Promise<void> {
      await update(entry, {
        UpdateExpression: 'SET dueAt = :dueAt, longFrom = :longFrom',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':dueAt': { N: String(dueAt.getTime()) }, ':longFrom': { N: String(longFrom.getTime()) } },
      });
    },
    /** Whatever it waited for has fallen. Nothing happens where it has no entry, or where its tenant is another. */
    async waitsNoLonger(entry: Pick<OpenMachine, 'machine' | 'name' | 'tenant'>): Promise<void> {
      await update(entry, {
        UpdateExpression: 'REMOVE dueAt, longFrom',
        ConditionExpression: 'tenant = :tenant',
        ExpressionAttributeValues: { ':tenant': { S: entry.tenant } },
      });
    },
    /** Those whose decision has been waited for for long at `now`, a page at a time, in no order. */
    async *waitingLong(now: Date): AsyncGenerator<readonly LongWait[]> {
      for await (const page of scan({
        FilterExpression: 'longFrom < :now',
        ExpressionAttributeValues: { ':now': { N: String(now.getTime()) } },
      }))
        yield page.map(longWaitFrom);
    },
    /** Removes what was seen; an entry that was ordered again meanwhile stays. */
    async forget(entry: OpenMachine): Promise<void> {
      const remove = new DeleteItemCommand({
        TableName: table,
        Key: keyOf(entry),
        ConditionExpression: 'since = :since',
        ExpressionAttributeValues: { ':since': { N: String(entry.since.getTime()) } },
      });
      await unlessConditionFails(STORE, client.send(remove));
    },
    /** A page at a time, in no order. */
    all: () => scan({}),
  };
}

function textOf(item: Item, field: string): string {
  const value = item[field]?.S;
  if (value === undefined) throw new Error(`An open machine without ${field}: ${JSON.stringify(item['pk']?.S)}`);
  return value;
}

function longWaitFrom(item: Item): LongWait {
  const [machine, name, tenant] = [textOf(item, 'machine'), textOf(item, 'name'), textOf(item, 'tenant')];
  return { machine, name, tenant, dueAt: new Date(Number(item['dueAt']?.N)) };
}

/** An entry as the table shows it. */
export function openMachineFrom(item: Item): OpenMachine {
  const text = (field: string) => textOf(item, field);
  const dueAt = item['dueAt']?.N;
  return {
    machine: text('machine'),
    name: text('name'),
    tenant: text('tenant'),
    input: JSON.parse(text('input')) as Readonly<Record<string, unknown>>,
    traceparent: item['traceparent']?.S ?? null,
    since: new Date(Number(item['since']?.N ?? 0)),
    dueAt: dueAt === undefined ? undefined : new Date(Number(dueAt)),
  };
}
