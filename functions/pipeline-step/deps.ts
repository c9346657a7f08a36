import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { ObjectStore } from '#adapters/s3/object-store.ts';
import type { Routing } from '#core/serving/index.ts';

export interface PipelineStepDeps {
  readonly plane: ControlPlane;
  readonly objects: ObjectStore;
  readonly routing: Pick<Routing, 'write'>;
  readonly bucket: string;
  readonly region: string;
  readonly roleArn: string;
  readonly images: Readonly<Record<string, string>>;
  /** `s3://…` tarball of the built-in algorithms; its key names its content. */
  readonly builtinSource: string;
}
