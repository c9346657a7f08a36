import { App, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { checkTrainingRegion, trainingImages } from './training-images.ts';

describe('trainingImages', () => {
  it('takes the registry of the region that the stack is deployed to', () => {
    const stack = new Stack(new App(), 'Anywhere');
    const { addresses } = trainingImages(stack);
    expect(stack.resolve(addresses.sklearn)).toEqual({
      'Fn::Join': [
        '',
        [
          { 'Fn::FindInMap': ['ImageRegistries', { Ref: 'AWS::Region' }, 'account'] },
          '.dkr.ecr.',
          { Ref: 'AWS::Region' },
          '.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312',
        ],
      ],
    });
  });

  it('refuses a stack that is bound to a region without images', () => {
    const stack = new Stack(new App(), 'There', { env: { region: 'mars-north-1' } });
    expect(() => trainingImages(stack)).toThrow(/mars-north-1.*eu-central-1.*training-images\.ts/);
  });
});

describe('checkTrainingRegion', () => {
  it.each(['us-east-1', 'eu-central-1', undefined])('takes %s', (region) => expect(() => checkTrainingRegion(region)).not.toThrow());
  it('names the regions that would do', () => expect(() => checkTrainingRegion('mars-north-1')).toThrow(/No training image.*us-east-1/));
});
