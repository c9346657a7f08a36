import { RemovalPolicy } from 'aws-cdk-lib';
import type { Settings } from './config.ts';

/** What happens to data whose resource leaves the template. */
export function dataRemoval({ keepData }: Settings): RemovalPolicy {
  return keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
}
