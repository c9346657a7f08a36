/** Model versions, the ladder they climb and what serves. Start at register-version.ts. */
export { DEPLOYMENT_STATUSES } from './deployment-status.ts';
export { goLive } from './go-live.ts';
export type {
  Aliases,
  Deployment,
  DeploymentArm,
  Deployments,
  Model,
  Models,
  ModelVersion,
  ModelVersions,
} from './ports.ts';
export { registerVersion } from './register-version.ts';
export { setAlias } from './set-alias.ts';
export { setModelTags, setVersionTags } from './set-tags.ts';
export { STAGES } from './stage.ts';
