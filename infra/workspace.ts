import type { Bundles } from './bundle-functions.ts';
import type { LayerFiles } from './layer-files.ts';

/** What the build left on disk for the stacks to ship. */
export interface Workspace {
  readonly root: string;
  readonly bundles: Bundles;
  readonly layers: Readonly<Record<string, LayerFiles>>;
}
