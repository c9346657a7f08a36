import type { Issuer } from './config.ts';

const COGNITO = /^https:\/\/cognito-idp\.[a-z0-9-]+\.amazonaws\.com\/[\w-]+$/;

/**
 * What the authorizer would refuse at its first start, and with it every call, long after the deployment.
 *
 * @param ownUserPool whether the app's own pool is there too; its subjects go without a prefix
 */
export function checkIssuers(issuers: readonly Issuer[], ownUserPool: boolean): void {
  const prefixes = new Map<string, string>(ownUserPool ? [['', 'the own user pool']] : []);
  for (const { issuer, jwksUri, audiences, prefix = '' } of issuers) {
    const other = prefixes.get(prefix);
    if (other !== undefined) {
      throw new Error(
        `The issuers ${other} and ${issuer} have the same prefix "${prefix}", so two people could get one id. Give ${issuer} a prefix of its own, such as "corp:".`,
      );
    }
    prefixes.set(prefix, issuer);
    if (jwksUri === undefined && !COGNITO.test(issuer))
      throw new Error(
        `The issuer ${issuer} needs a jwksUri: only of Cognito is it known where its keys are. Its discovery document names it.`,
      );
    if (audiences.length === 0)
      throw new Error(`The issuer ${issuer} needs at least one audience, else any token of it would be meant for us.`);
  }
}
