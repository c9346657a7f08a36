import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Retraining } from '#core/retraining/index.ts';

/** Counts decisions as `RetrainingStarted` and `RetrainingRefused`: once for the stage, to alarm on, and once by tenant and model. */
export function retrainingMetrics(): (tenant: string, retraining: Retraining) => void {
  const metrics = new Metrics({ namespace: 'Sluice', serviceName: 'retraining-step' });
  return (tenant, { decision, reason, model }) => {
    const name = decision === 'start' ? 'RetrainingStarted' : 'RetrainingRefused';
    metrics.singleMetric().addMetric(name, 'Count', 1);
    const one = metrics.singleMetric();
    one.addDimensions({ tenant, model, reason });
    one.addMetric(name, 'Count', 1);
  };
}
