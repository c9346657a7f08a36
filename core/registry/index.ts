/** Model versions, the ladder they climb and what serves. Start at register-version.ts. */
export { DEPLOYMENT_STATUSES, type DeploymentStatus } from './deployment-status.ts';
export { type GoLive, goLive } from './go-live.ts';
export type {
  Alias,
  Aliases,
  Deployment,
  DeploymentArm,
  Deployments,
  Model,
  Models,
  ModelVersion,
  ModelVersions,
  NewModelVersion,
} from './ports.ts';
export { type RegisterVersion, registerVersion } from './register-version.ts';
export { type SetAlias, setAlias } from './set-alias.ts';
export { setModelTags, setVersionTags } from './set-tags.ts';
export { STAGES, type Stage } from './stage.ts';
