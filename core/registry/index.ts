/** Model versions, the ladder they climb and what serves. Start at register-version.ts. */
export { beginDeployment } from './begin-deployment.ts';
export { completeDeployment } from './complete-deployment.ts';
export { DEPLOYMENT_STATUSES, hasBeenLive, mayDeploy } from './deployment-status.ts';
export type {
  Aliases,
  Deployment,
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
export { giveUp, takeOver } from './take-over.ts';
