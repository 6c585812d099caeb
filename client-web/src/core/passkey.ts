// Passkeys: what the browser is asked for, and what it hands over, as text (Web Authentication, W3C, Level 3).

import type { PasskeyAsked, PasskeyNew, PasskeyShown } from "../wire/generated";

/** ES256, the one kind of key that the server takes. */
const ES256 = -7;

/** Whether this browser can have them here. */
export const knowsPasskeys = () => typeof PublicKeyCredential === "function" && isSecureContext;

export function toText(bytes: ArrayBuffer): string {
  const chars = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return btoa(chars).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}

const known = (asked: PasskeyAsked) => asked.passkeys.map((id) => ({ type: "public-key" as const, id: toBytes(id) }));

/** A device makes a passkey; nothing, if its person would not, or it has one already. */
export async function makePasskey(asked: PasskeyAsked, name: string): Promise<PasskeyNew | null> {
  const user = { id: new TextEncoder().encode(asked.account), name: asked.username, displayName: asked.username };
  const publicKey: PublicKeyCredentialCreationOptions = {
    challenge: toBytes(asked.challenge),
    rp: { id: asked.host, name: "Handrail" },
    user,
    pubKeyCredParams: [{ type: "public-key", alg: ES256 }],
    excludeCredentials: known(asked),
    authenticatorSelection: { userVerification: "preferred" },
    attestation: "none",
  };
  const made = (await navigator.credentials.create({ publicKey }).catch(() => null)) as PublicKeyCredential | null;
  if (made === null) return null;
  const answer = made.response as AuthenticatorAttestationResponse;
  return { name, client_data: toText(answer.clientDataJSON), authenticator_data: toText(answer.getAuthenticatorData()) };
}

/** A device signs with one of these; nothing, if its person would not. */
export async function signWithPasskey(asked: PasskeyAsked): Promise<PasskeyShown | null> {
  const publicKey: PublicKeyCredentialRequestOptions = {
    challenge: toBytes(asked.challenge),
    rpId: asked.host,
    allowCredentials: known(asked),
    userVerification: "preferred",
  };
  const signed = (await navigator.credentials.get({ publicKey }).catch(() => null)) as PublicKeyCredential | null;
  if (signed === null) return null;
  const answer = signed.response as AuthenticatorAssertionResponse;
  return {
    id: toText(signed.rawId),
    client_data: toText(answer.clientDataJSON),
    authenticator_data: toText(answer.authenticatorData),
    signature: toText(answer.signature),
  };
}
