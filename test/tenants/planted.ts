import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
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

/** The same defect of DynamoDB's keys, which functions ask by clients of their own: every client has it until the answer is called. */
export function plantInDynamo(ours: string, theirs: string): () => void {
  const { send } = DynamoDBClient.prototype;
  const ask = send as (this: DynamoDBClient, command: unknown) => Promise<{ readonly Item?: unknown }>;
  async function careless(this: DynamoDBClient, command: unknown) {
    const answer = await ask.call(this, command);
    if (!(command instanceof GetItemCommand) || answer.Item !== undefined || command.input.Key?.['pk']?.S !== ours) return answer;
    return ask.call(this, new GetItemCommand({ ...command.input, Key: { ...command.input.Key, pk: { S: theirs } } }));
  }
  DynamoDBClient.prototype.send = careless as typeof send;
  return () => {
    DynamoDBClient.prototype.send = send;
  };
}
