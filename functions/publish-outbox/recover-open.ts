import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import { openMachineFrom } from '#adapters/dynamodb/open-machines.ts';
import { type Recovering, recoverMachine } from './recover-machine.ts';

const AT_ONCE = 10;
/** What DescribeExecution grants for minutes on end; beyond, the next run takes the next. */
const MOST_LOOKS = 1000;
const LONGEST_MS = 60_000;
const MINUTE_MS = 60_000;

export interface RecoveredOpen {
  readonly looked: number;
  readonly recovered: number;
  readonly failed: number;
}

/**
 * Looks at everything that is open. An empty table ends it, and what runs is not asked about further, so that an idle database may
 * sleep. What fails keeps nothing else waiting; the next run finds it again.
 */
export function recoverOpen(
  recovering: Recovering,
  logger: Pick<Logger, 'info' | 'error'>,
  count: (machine: string, action: string) => void = () => undefined,
) {
  const look = recoverMachine(recovering);
  return async (): Promise<RecoveredOpen> => {
    const begun = recovering.now();
    const items = [];
    for await (const page of recovering.openMachines.all()) items.push(...page);
    items.sort((one, other) => ((one['pk']?.S ?? '') < (other['pk']?.S ?? '') ? -1 : 1));
    // Where there are more than one run looks at, the runs take turns.
    const from = items.length > MOST_LOOKS ? (Math.floor(begun / MINUTE_MS) * MOST_LOOKS) % items.length : 0;
    const turn = [...items.slice(from), ...items.slice(0, from)].slice(0, MOST_LOOKS);
    const total = { looked: 0, recovered: 0, failed: 0 };
    for (let at = 0; at < turn.length && recovering.now() - begun < LONGEST_MS; at += AT_ONCE) {
      await Promise.all(
        turn.slice(at, at + AT_ONCE).map(async (item) => {
          total.looked++;
          try {
            const entry = openMachineFrom(item);
            const { machine, name, tenant } = entry;
            const { action, ...found } = await look(entry);
            if (action === 'leave' || action === 'forget') return;
            logger.info('recovered', { machine, name, tenant, action, ...found });
            count(machine, action);
            total.recovered++;
          } catch (error) {
            logger.error('an open machine was not recovered', { entry: item['pk']?.S, error: error as Error });
            total.failed++;
          }
        }),
      );
    }
    // Thrown, so that the function's alarm sees it.
    if (total.failed > 0) throw new Error(`${total.failed} of ${total.looked} open machines could not be looked at`);
    return total;
  };
}

/** A count of what was recovered, by machine and what was done. */
export function countRecovered(metrics: Pick<Metrics, 'singleMetric'>) {
  return (machine: string, action: string): void => {
    const metric = metrics.singleMetric();
    metric.addDimensions({ machine, action });
    metric.addMetric('MachinesRecovered', 'Count', 1);
  };
}
