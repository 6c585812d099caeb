// What a browser can do about notifications: whether it can be told at all, and where.

import type { PushAsked } from "../wire/generated";

export type Address = Pick<PushAsked, "endpoint" | "p256dh" | "auth">;

export function canBeTold(): boolean {
  return "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;
}

/** Whether its person, or the phone itself, has said no. Only the phone's settings can change that. */
export function isRefused(): boolean {
  return canBeTold() && Notification.permission === "denied";
}

/** Asks the person, if need be, and then the browser. Nothing if either says no. Browsers want a tap before this. */
export async function subscribe(key: string): Promise<Address | null> {
  if ((await Notification.requestPermission()) !== "granted") return null;
  const worker = await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: bytes(key) };
  // A subscription under another key is of no use to this server.
  const made = await worker.pushManager.subscribe(options).catch(async () => {
    await (await worker.pushManager.getSubscription())?.unsubscribe();
    return worker.pushManager.subscribe(options);
  });
  return addressOf(made);
}

/** Where this browser is told already, if it is. */
export async function subscription(): Promise<Address | null> {
  const found = await (await navigator.serviceWorker.getRegistration())?.pushManager?.getSubscription();
  return found ? addressOf(found) : null;
}

export async function unsubscribe(): Promise<void> {
  const worker = await navigator.serviceWorker.getRegistration();
  await (await worker?.pushManager?.getSubscription())?.unsubscribe();
}

/** Who looks at the page needs no notification of it any more. */
export async function clearShown(): Promise<void> {
  await (navigator as { clearAppBadge?: () => Promise<void> }).clearAppBadge?.().catch(() => undefined);
  const worker = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  for (const shown of (await worker?.getNotifications?.()) ?? []) shown.close();
}

function addressOf(made: PushSubscription): Address | null {
  const { endpoint, keys } = made.toJSON();
  return endpoint && keys?.p256dh && keys.auth ? { endpoint, p256dh: keys.p256dh, auth: keys.auth } : null;
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
