export interface ProtobufField {
  readonly number: number;
  /** The bytes of a length-delimited field, else the varint's value; fixed-width fields have neither. */
  readonly bytes?: Uint8Array;
  readonly varint?: number;
}

/**
 * The fields of one protobuf message, in order, without knowing its schema.
 * @throws {RangeError} the bytes are not a protobuf message
 */
export function* protobufFields(message: Uint8Array): Generator<ProtobufField> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = message[at++];
      if (byte === undefined) throw new RangeError('it ends within a number');
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number has more than ten bytes');
  };
  const skip = (length: number): number => {
    const start = at;
    at += length;
    if (at > message.length) throw new RangeError('a field reaches beyond its end');
    return start;
  };
  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (number === 0) throw new RangeError('a field has the number 0');
    switch (tag % 8) {
      case 0:
        yield { number, varint: varint() };
        break;
      case 1:
        skip(8);
        yield { number };
        break;
      case 2: {
        const length = varint();
        const start = skip(length);
        yield { number, bytes: message.subarray(start, at) };
        break;
      }
      case 5:
        skip(4);
        yield { number };
        break;
      default:
        throw new RangeError(`a field has the wire type ${tag % 8}`);
    }
  }
}
