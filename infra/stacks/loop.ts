import type { Construct } from 'constructs';
import { BatchPredictions } from '../constructs/batch-predictions.ts';
import { DriftScans } from '../constructs/drift-scans.ts';
import type { Machine } from '../constructs/machine.ts';
import { NativeLayer } from '../constructs/native-layer.ts';
import { Retrainings } from '../constructs/retrainings.ts';
import { Rollouts } from '../constructs/rollouts.ts';
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
    const { settings, workspace, network, data } = props;
    const duckdb = new NativeLayer(this, 'DuckDb', { name: 'duckdb', workspace }).layer;
    const onnxruntime = new NativeLayer(this, 'OnnxRuntime', { name: 'onnxruntime', workspace }).layer;
    const common = { settings, workspace, network, data };
    const rollouts = new Rollouts(this, 'Rollouts', common);
    const batches = new BatchPredictions(this, 'BatchPredictions', { ...common, layers: [duckdb, onnxruntime] });
    const scans = new DriftScans(this, 'DriftScans', { ...common, layers: [duckdb] });
    const retrainings = new Retrainings(this, 'Retrainings', common);
    this.machines = [rollouts.machine, scans.machine, batches.machine, retrainings.machine];
  }
}
