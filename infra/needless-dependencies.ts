import { CfnResource, type IAspect, Lazy } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** They name their role in a property, which makes CloudFormation wait for it. */
const WITH_A_ROLE = ['AWS::Lambda::Function', 'AWS::StepFunctions::StateMachine'];

/**
 * Leaves the role of a function or machine out of `DependsOn`, where the library names it a second time. The role's policy stays:
 * no property says that it has to be there first.
 */
export class NeedlessDependencies implements IAspect {
  visit(node: IConstruct): void {
    if (!CfnResource.isCfnResource(node) || !WITH_A_ROLE.includes(node.cfnResourceType)) return;
    const needed = () =>
      node
        .obtainDependencies()
        .filter((each) => CfnResource.isCfnResource(each))
        .filter((each) => each.cfnResourceType !== 'AWS::IAM::Role')
        .map((each): string => node.stack.resolve(each.logicalId))
        .sort();
    // The library settles its dependencies after all aspects, so they are read when the template is written.
    node.addOverride('DependsOn', Lazy.list({ produce: needed }, { omitEmpty: true }));
  }
}
