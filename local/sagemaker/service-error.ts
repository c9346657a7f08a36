export type ServiceErrorType =
  | 'ValidationException'
  | 'ResourceInUse'
  | 'ResourceNotFound'
  | 'ResourceLimitExceeded'
  | 'UnknownOperationException';

/** A refusal as SageMaker words it on the wire. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly type: ServiceErrorType;

  constructor(type: ServiceErrorType, message: string) {
    super(message);
    this.type = type;
  }
}
