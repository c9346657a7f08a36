import { describe, expect, it } from 'vitest';
import { evaluate, evaluateSegment } from './evaluate.ts';
import { evaluationReport, type ReportFacts } from './report.ts';

const HOSTILE = `"><script>alert('x')</script>&`;
const labels = Uint8Array.from({ length: 400 }, (_, row) => (row % 4 === 0 ? 1 : 0));
const scores = Float32Array.from({ length: 400 }, (_, row) => ((row * 37) % 100) / 100 / (row % 4 === 0 ? 1 : 2));
const result = evaluate(labels, scores, { threshold: 0.3, resamples: 50, confidence: 0.95, seed: 7 });

function facts(change: Partial<ReportFacts> = {}): ReportFacts {
  return {
    pipeline: 'flights',
    pipelineVersion: 1,
    dataset: 'flights',
    datasetVersion: 2,
    execution: 'e',
    runId: 'r',
    algorithm: 'gradient_boosting',
    testRows: '2001-03-15 to 2001-03-31',
    modelSha256: 'a'.repeat(64),
    createdAt: '2026-11-20T00:00:00Z',
    confidence: 0.95,
    resamples: 50,
    threshold: 0.3,
    seed: 7,
    gates: [{ gate: 'auc at least', threshold: 0.6, observed: 0.7, passed: true, reason: 'auc 0.71, lower bound 0.7: is at least 0.6' }],
    ...change,
  };
}

describe('the evaluation report', () => {
  it('is one page that asks nothing of anybody', () => {
    const page = evaluationReport(facts(), result, result.metrics, []);
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain('Every gate is open');
    expect(page).not.toMatch(/<script|<link|<img|src=|href=|@import|url\(/);
  });

  it('lets nothing a person wrote become markup', () => {
    const gates = [{ gate: HOSTILE, threshold: 1, observed: null, passed: false, reason: HOSTILE }];
    const values = Array.from(labels, (_, row) => (row % 2 === 0 ? HOSTILE : 'B'));
    const hostile = facts({ pipeline: HOSTILE, dataset: HOSTILE, algorithm: HOSTILE, execution: HOSTILE, testRows: HOSTILE, gates });
    const page = evaluationReport(
      hostile,
      result,
      { ...result.metrics, [HOSTILE]: { value: 1 } },
      evaluateSegment(HOSTILE, values, labels, scores, 0.3),
    );
    expect(page).not.toContain('<script');
    expect(page).not.toContain(HOSTILE);
    expect(page).toContain('1 of 1 gates shut');
  });

  it('tells of one class without a curve', () => {
    const flat = evaluate(new Uint8Array(20), new Float32Array(20).fill(0.2), { threshold: 0.5, resamples: 50, confidence: 0.95, seed: 1 });
    expect(evaluationReport(facts({ gates: [] }), flat, flat.metrics, [])).toContain('one class only');
  });
});
