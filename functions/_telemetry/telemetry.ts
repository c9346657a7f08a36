import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import {
  type Context as OtelContext,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';

export interface Telemetry {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Runs `work` in a span that continues `traceparent`; what is thrown marks the span and flies on. */
  traced<T>(name: string, traceparent: string | undefined, kind: 'server' | 'consumer', work: (span: Span) => Promise<T>): Promise<T>;
  /** A span of what happened elsewhere and is over: it continues `traceparent`. Times are epoch milliseconds. */
  past(span: PastSpan, traceparent: string | undefined): void;
  /** Sends what a frozen container could not send later. A collector that is away costs the spans, not the answer. */
  flush(): Promise<void>;
}

export interface PastSpan {
  readonly name: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The caller waits for it. By default it would be ten seconds, retries included. */
const EXPORT_MS = 1_000;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Logs, metrics and spans of one function. Spans leave the process only when an OTLP endpoint is named; trace ids are made either way. */
export function telemetry(name: string, env: Environment = {}): Telemetry {
  const endpoint = env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  const spans = endpoint
    ? [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces`, timeoutMillis: EXPORT_MS }))]
    : [];
  const provider = new BasicTracerProvider({ spanProcessors: spans });
  const tracer = provider.getTracer('sluice');
  const logger = new Logger({ serviceName: name });
  const metrics = new Metrics({ namespace: 'Sluice', serviceName: name });
  return {
    logger,
    metrics,
    async traced(spanName, traceparent, kind, work) {
      const span = tracer.startSpan(
        spanName,
        { kind: kind === 'server' ? SpanKind.SERVER : SpanKind.CONSUMER, attributes: { 'service.name': name } },
        contextOf(traceparent),
      );
      try {
        return await work(span);
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'thrown' });
        throw error;
      } finally {
        span.end();
      }
    },
    past({ name: spanName, startedAt, endedAt, attributes }, traceparent) {
      tracer.startSpan(spanName, { startTime: startedAt, attributes }, contextOf(traceparent)).end(endedAt);
    },
    async flush() {
      if (spans.length === 0) return;
      await provider.forceFlush().catch((error: unknown) => logger.warn('spans not sent', { error: error as Error }));
    },
  };
}

function contextOf(traceparent: string | undefined): OtelContext {
  const parent = parseTraceparent(traceparent);
  return parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}

/** @see W3C Trace Context, version 00 */
export function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

export function parseTraceparent(header: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(header ?? '') ?? [];
  if (!traceId || !spanId || !flags || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}
