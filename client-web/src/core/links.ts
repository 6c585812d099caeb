// Whether a text has a web address in it, as people write them. Only for a word in advance: what is held, the server decides.

const ADDRESS = /\bhttps?:\/\/|\bwww\.|\b[a-z0-9-]+\.(?:com|org|net|uk|io|me|co|gg|tv|app|link)\b/i;

export function hasLink(text: string): boolean {
  return ADDRESS.test(text);
}
