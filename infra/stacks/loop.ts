import type { Construct } from 'constructs';
import type { Machine } from '../constructs/machine.ts';
import type { DataStack } from './data.ts';
import type { NetworkStack } from './network.ts';
import { SluiceStack, type SluiceStackProps } from './sluice-stack.ts';

export interface LoopStackProps extends SluiceStackProps {
  readonly network: NetworkStack;
  readonly data: DataStack;
}

/** What happens to a model after training: rollouts, drift scans, retraining, batch predictions. Each construct is one machine with its steps. */
export class LoopStack extends SluiceStack {
  /** Orders name them. */
  readonly machines: readonly Machine[];

  constructor(scope: Construct, id: string, props: LoopStackProps) {
    super(scope, id, props);
    this.machines = [];
  }
}
