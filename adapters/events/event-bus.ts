import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';

/** The bus that everybody may listen to. */
export function eventBus(client: Pick<EventBridgeClient, 'send'>, name: string) {
  return {
    async put(type: string, subject: string, detail: object): Promise<void> {
      const entry = { EventBusName: name, Source: 'sluice', DetailType: type, Resources: [subject], Detail: JSON.stringify(detail) };
      const { Entries = [] } = await client.send(new PutEventsCommand({ Entries: [entry] }));
      // A refused entry comes back inside a successful answer.
      const refused = Entries.find(({ ErrorCode }) => ErrorCode !== undefined);
      if (refused) throw new Error(`The event bus ${name} refused ${type}: ${refused.ErrorCode} ${refused.ErrorMessage}`);
    },
  };
}
