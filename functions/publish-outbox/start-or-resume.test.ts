import { randomUUID } from 'node:crypto';
import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Recorded } from '#core/kernel/index.ts';
import { startPublisher } from '../../test/support/publisher-stand.ts';
import { startOrResume } from './start-or-resume.ts';

let stand: Awaited<ReturnType<typeof startPublisher>>;

beforeAll(async () => {
  stand = await startPublisher();
});
afterAll(() => stand?.stop());

describe('an order for a machine that resumes', () => {
  it('starts it once while it runs, and anew when it was lost', async () => {
    const [ctx, name] = [await stand.someone(), randomUUID()];
    const data = { stateMachine: 'training', name, input: { n: 1 }, resumes: true };
    const order: Recorded = { type: 'rollout.ordered.v1', subject: `rollout/${name}`, destination: 'execution', data };
    const say = async () => stand.publish([await stand.write(ctx, [order])]);
    const stop = (which: string) =>
      stand.sfn.send(new StopExecutionCommand({ executionArn: `${stand.machine.replace(':stateMachine:', ':execution:')}:${which}` }));
    await say();
    await say();
    expect(await stand.executions(name)).toEqual([`${name}: RUNNING`]);
    await stop(name);
    await say();
    await say();
    expect([...(await stand.executions(name))].sort()).toEqual([`${name}.2: RUNNING`, `${name}: ABORTED`]);
    await stop(`${name}.2`);
    await say();
    expect([...(await stand.executions(name))].sort()).toEqual([`${name}.2: ABORTED`, `${name}.3: RUNNING`, `${name}: ABORTED`]);
  });

  it('leaves alone one that ended well, and gives up on one that never does', async () => {
    const started: string[] = [];
    const looking = (status: string) => ({
      look: async () => ({ status, error: undefined, cause: undefined }),
      start: async (_: string, name: string) => void started.push(name),
    });
    const order = { name: 'it', input: {}, traceparent: null };
    await startOrResume(looking('SUCCEEDED'), stand.machine, order);
    await startOrResume(looking('FAILED'), stand.machine, order);
    expect(started).toEqual([]);
  });
});
