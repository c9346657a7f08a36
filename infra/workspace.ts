import { type Bundles, bundleFunctions } from './bundle-functions.ts';
import { type LayerFiles, layerFiles } from './layer-files.ts';

/** What the build left on disk for the stacks to ship. */
export interface Workspace {
  /** The repository. */
  readonly root: string;
  readonly bundles: Bundles;
  readonly layers: Readonly<Record<string, LayerFiles>>;
}

export function buildWorkspace(root: string): Workspace {
  return { root, bundles: bundleFunctions(root), layers: layerFiles(root) };
}
