import { type AttributeValue, DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { HeadObjectCommand, NotFound, type S3Client } from '@aws-sdk/client-s3';
import type { Collection, Db, Filter } from 'mongodb';

type Stored = { readonly _id: string };
type Asked = Filter<Stored> & { readonly tenant?: string; readonly _id?: { readonly $in?: readonly string[] } | string };

/** The defect of an adapter that forgot the tenant: documents are found by what follows it in their ids. */
export function mongoWithoutTenant(connect: () => Promise<Db>): () => Promise<Db> {
  const anybodys = ({ tenant: _, _id, ...rest }: Asked): Filter<Stored> => {
    const ids = typeof _id === 'string' ? [_id] : (_id?.$in ?? []);
    if (ids.length === 0) return rest as Filter<Stored>;
    return { ...rest, _id: { $regex: `:(${ids.map((id) => id.slice(id.indexOf(':') + 1)).join('|')})$` } } as unknown as Filter<Stored>;
  };
  const careless = (collection: Collection<Stored>) =>
    new Proxy(collection, {
      get(target, property) {
        if (property === 'find') return (filter: Asked, options: object) => target.find(anybodys(filter), options);
        const value = Reflect.get(target, property);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  return async () => {
    const db = await connect();
    return new Proxy(db, {
      get(target, property) {
        if (property === 'collection') return (name: string) => careless(target.collection(name));
        const value = Reflect.get(target, property);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
}

/** The defect of keys that are the same for every tenant: what one tenant does not have is looked for at the other's. */
export function s3WithoutTenant(client: S3Client, ours: string, theirs: string): S3Client {
  const send = async (command: HeadObjectCommand) => {
    try {
      return await client.send(command);
    } catch (error) {
      if (!(command instanceof HeadObjectCommand) || !(error instanceof NotFound)) throw error;
      return client.send(new HeadObjectCommand({ ...command.input, Key: command.input.Key?.replace(ours, theirs) }));
    }
  };
  return new Proxy(client, { get: (target, property) => (property === 'send' ? send : Reflect.get(target, property)) });
}

type Item = Record<string, AttributeValue>;
type Ask = (command: unknown) => Promise<{ readonly Item?: Item; readonly Items?: readonly Item[] }>;

/** Functions ask DynamoDB by clients of their own: every client has the defect until the answer is called. */
function inEveryClient(careless: (ask: Ask, command: unknown) => ReturnType<Ask>): () => void {
  const { send } = DynamoDBClient.prototype;
  function sendCarelessly(this: DynamoDBClient, command: unknown) {
    return careless((asked) => (send as Ask).call(this, asked), command);
  }
  DynamoDBClient.prototype.send = sendCarelessly as typeof send;
  return () => {
    DynamoDBClient.prototype.send = send;
  };
}

/** The same defect of the keys that DynamoDB's items are got by. */
export function plantInDynamo(ours: string, theirs: string): () => void {
  return inEveryClient(async (ask, command) => {
    const answer = await ask(command);
    if (!(command instanceof GetItemCommand) || answer.Item !== undefined || command.input.Key?.['pk']?.S !== ours) return answer;
    return ask(new GetItemCommand({ ...command.input, Key: { ...command.input.Key, pk: { S: theirs } } }));
  });
}

/** The same defect of memberships, whose tenant ends the key: of a principal's, each takes the place of the other or is refused for it. */
export function plantInMemberships(table: string): () => void {
  return inEveryClient(async (ask, command) => {
    if (command instanceof PutItemCommand && command.input.TableName === table) {
      const { sk, ...item } = command.input.Item ?? {};
      return ask(new PutItemCommand({ ...command.input, Item: { ...item, sk: { S: 'every tenant' }, ...(sk && { tenant: sk }) } }));
    }
    const answer = await ask(command);
    if (!(command instanceof QueryCommand) || command.input.TableName !== table) return answer;
    return { ...answer, Items: (answer.Items ?? []).map(({ tenant, ...item }) => ({ ...item, ...(tenant && { sk: tenant }) })) };
  });
}
