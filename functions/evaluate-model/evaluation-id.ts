import { v5 } from 'uuid';

const NAMESPACE = '0d7a7c5e-3f0b-5d0e-8a86-0d3c5a4c9b11';

/**
 * One id per tenant and inputs, so that a repeated attempt writes the same row and the same report. The whole tenant id goes in:
 * ids of one hour begin alike, and two tenants may well evaluate the same rows.
 */
export function evaluationId(tenant: string, inputHash: string): string {
  return v5(JSON.stringify([tenant, inputHash]), NAMESPACE);
}
