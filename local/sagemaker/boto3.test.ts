import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { jobRequest, type TestExecutor, type TestRegion, testRegion } from './test-support.ts';

let region: TestRegion;
let executor: TestExecutor;
beforeAll(async () => {
  region = await testRegion();
  executor = await region.startExecutor();
}, 300_000);
afterAll(() => region.close(), 30_000);

const SCRIPT = `
import json, sys, boto3, botocore.exceptions
url, request = sys.argv[1], json.loads(sys.argv[2])
sagemaker = boto3.client("sagemaker", endpoint_url=url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
arn = sagemaker.create_training_job(**request)["TrainingJobArn"]
sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=request["TrainingJobName"], WaiterConfig={"Delay": 1})
job = sagemaker.describe_training_job(TrainingJobName=request["TrainingJobName"])
sagemaker.create_training_job(**request | {"TrainingJobName": "second"})
sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "owner", "Value": "me"}, {"Key": "gone", "Value": "soon"}])
sagemaker.delete_tags(ResourceArn=arn, TagKeys=["gone"])
refusals = {}
for name, call in {
    "again": lambda: sagemaker.create_training_job(**request),
    "unknown": lambda: sagemaker.describe_training_job(TrainingJobName="nobody"),
    "tags": lambda: sagemaker.list_tags(ResourceArn=arn + "-not"),
    "other": lambda: sagemaker.list_endpoints(),
    "token": lambda: sagemaker.list_training_jobs(NextToken="bm9ib2R5"),
}.items():
    try:
        call()
    except botocore.exceptions.ClientError as error:
        refusals[name] = error.response["Error"]["Code"]
pages = sagemaker.get_paginator("list_training_jobs").paginate(SortBy="Name", SortOrder="Descending", PaginationConfig={"PageSize": 1})
print(json.dumps({
    "status": job["TrainingJobStatus"], "created": job["CreationTime"].isoformat(), "refusals": refusals,
    "tags": sagemaker.list_tags(ResourceArn=arn)["Tags"],
    "pages": [[summary["TrainingJobName"] for summary in page["TrainingJobSummaries"]] for page in pages],
    "completed": [summary["TrainingJobName"] for summary in sagemaker.list_training_jobs(StatusEquals="Completed", NameContains="fir")["TrainingJobSummaries"]],
    "later": sagemaker.list_training_jobs(CreationTimeAfter="2100-01-01")["TrainingJobSummaries"],
}))
`;

it('is served as SageMaker would serve it', { timeout: 60_000 }, async () => {
  const request = await jobRequest(region, 'first', { 'train.py': 'print(1)' });
  const { stdout } = await promisify(execFile)(region.python, ['-c', SCRIPT, executor.url, JSON.stringify(request)]);
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'Completed',
    created: expect.stringMatching(/^20\d\d-/),
    tags: [{ Key: 'owner', Value: 'me' }],
    pages: [['second'], ['first']],
    completed: ['first'],
    later: [],
    refusals: {
      again: 'ResourceInUse',
      unknown: 'ValidationException',
      tags: 'ResourceNotFound',
      other: 'UnknownOperationException',
      token: 'ValidationException',
    },
  });
});
