// Closes a switch: a new variant on the wire does not compile until every switch has an answer for it.

export function never(value: never): never {
  throw new Error(`no case for ${JSON.stringify(value)}`);
}
