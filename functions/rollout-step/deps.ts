import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { ObjectStore } from '#adapters/s3/object-store.ts';
import type { Calls, Routing } from '#core/serving/index.ts';

export interface RolloutStepDeps {
  readonly plane: ControlPlane;
  readonly routing: Pick<Routing, 'write'>;
  readonly calls: Pick<Calls, 'ofVersion'>;
  readonly objects: Pick<ObjectStore, 'read'>;
}
