/** Every object key a step writes. All start with the tenant; what follows names content or inputs, never anything a caller wrote. */
export const keys = {
  qualityReport: (tenant: string, inputHash: string) => `tenants/${tenant}/reports/quality/${inputHash}.json`,
  quarantine: (tenant: string, inputHash: string) => `tenants/${tenant}/quarantine/${inputHash}.parquet`,
  /** A folder per part: a training channel is a prefix, and a prefix that is one file's key would match its neighbours too. */
  part: (tenant: string, inputHash: string, part: string) => `tenants/${tenant}/executions-data/${inputHash}/${part}/rows.parquet`,
  run: (tenant: string, runId: string) => `tenants/${tenant}/runs/${runId}/`,
  source: (tenant: string, sha256: string) => `tenants/${tenant}/sources/${sha256}.tar.gz`,
  artifact: (tenant: string, sha256: string, name: string) => `tenants/${tenant}/artifacts/${sha256}/${name}`,
  driftReport: (tenant: string, scan: string) => `tenants/${tenant}/reports/drift/${scan}.html`,
  evaluationReport: (tenant: string, evaluation: string) => `tenants/${tenant}/reports/${evaluation}.html`,
};
