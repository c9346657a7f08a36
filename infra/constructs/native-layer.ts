import { AssetHashType } from 'aws-cdk-lib';
import { Architecture, Code, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Workspace } from '../workspace.ts';

export interface NativeLayerProps {
  /** Folder name under `layers/`. */
  readonly name: string;
  readonly workspace: Workspace;
}

/**
 * Native packages that a bundle cannot hold. Made in the stack that uses it: a layer's address changes with every version,
 * and an exported value that another stack imports cannot change.
 */
export class NativeLayer extends Construct {
  readonly layer: LayerVersion;

  constructor(scope: Construct, id: string, { name, workspace }: NativeLayerProps) {
    super(scope, id);
    const files = workspace.layers[name];
    if (!files) throw new Error(`There is no layers/${name}/layer.json.`);
    this.layer = new LayerVersion(this, 'Version', {
      code: Code.fromAsset(files.folder, { assetHashType: AssetHashType.CUSTOM, assetHash: files.hash }),
      compatibleRuntimes: [Runtime.NODEJS_24_X],
      compatibleArchitectures: [Architecture.X86_64],
      description: files.description.slice(0, 256),
    });
  }
}
