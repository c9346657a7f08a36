import type { dynamoOpenMachines } from '#adapters/dynamodb/open-machines.ts';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { ObjectStore } from '#adapters/s3/object-store.ts';

export interface PipelineStepDeps {
  readonly plane: ControlPlane;
  readonly openMachines: Pick<ReturnType<typeof dynamoOpenMachines>, 'waitsFor'>;
  readonly objects: ObjectStore;
  readonly bucket: string;
  readonly region: string;
  readonly roleArn: string;
  readonly images: Readonly<Record<string, string>>;
  /** `s3://…` tarball of the built-in algorithms; its key names its content. */
  readonly builtinSource: string;
}
