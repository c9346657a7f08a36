import type { Labels } from '#core/serving/index.ts';

const AT_ONCE = 2;

/** What is known of the truth about these rows, asked for in portions. */
export async function labelsOf(
  labels: Pick<Labels, 'values'>,
  tenant: string,
  portions: AsyncGenerator<readonly string[]>,
): Promise<ReadonlyMap<string, boolean>> {
  const known = new Map<string, boolean>();
  // One connection pool of two: more at once would only wait.
  const worker = async () => {
    for await (const ids of portions) for (const [id, value] of await labels.values(tenant, ids)) known.set(id, value);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return known;
}
