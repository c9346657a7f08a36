import type { OutboxMessage } from '#adapters/postgres/outbox.ts';

/** The message as a CloudEvent 1.0: `source` and `id` tell a repeated delivery, `sequence` orders the events of one subject. */
export function cloudEvent(tenant: string, { id, type, subject, sequence, data, traceparent, createdAt }: OutboxMessage) {
  return {
    specversion: '1.0',
    id,
    source: `sluice/tenants/${tenant}`,
    type,
    subject,
    time: new Date(createdAt).toISOString(),
    datacontenttype: 'application/json',
    tenant,
    sequence: String(sequence),
    ...(traceparent === null ? {} : { traceparent }),
    data,
  };
}
