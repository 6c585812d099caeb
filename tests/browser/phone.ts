// A push service on loopback, and the address that a phone has there. Chromium cannot ask for one without the internet, so the page is
// given this one; all else is real: what the server seals, the service takes and the phone opens (RFC 8291), and Chromium shows.

import { createDecipheriv, createECDH, hkdfSync, randomBytes } from "node:crypto";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type CDPSession, expect, type Page } from "@playwright/test";

export class PushService {
  readonly taken: Buffer[] = [];
  #http: HttpServer | null = null;
  #phone = createECDH("prime256v1");
  #secret = randomBytes(16);

  async start(): Promise<void> {
    this.#phone.generateKeys();
    this.#http = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        this.taken.push(Buffer.concat(parts));
        response.writeHead(201).end();
      });
    });
    await new Promise<void>((done) => this.#http?.listen(0, "127.0.0.1", done));
  }

  end(): void {
    this.#http?.close();
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#http?.address() as AddressInfo).port}`;
  }

  /** From its next load on, this page's browser has an address here once it asks for one. */
  async registers(page: Page): Promise<void> {
    await page.context().grantPermissions(["notifications"]);
    const keys = { p256dh: this.#phone.getPublicKey("base64url"), auth: this.#secret.toString("base64url") };
    await page.context().addInitScript(
      (json) => {
        const HAS = "the-browser-has-an-address";
        const made = { toJSON: () => json, unsubscribe: () => Promise.resolve(localStorage.removeItem(HAS) === undefined) };
        const push = PushManager.prototype as unknown as Record<string, () => Promise<unknown>>;
        push["subscribe"] = () => Promise.resolve(localStorage.setItem(HAS, "yes")).then(() => made);
        push["getSubscription"] = () => Promise.resolve(localStorage.getItem(HAS) === null ? null : made);
      },
      { endpoint: `${this.origin}/phone`, keys },
    );
  }

  /** What the nth notification says. */
  async opens(n: number): Promise<string> {
    await expect.poll(() => this.taken.length, { timeout: 30_000 }).toBeGreaterThan(n);
    const sealed = this.taken[n] as Buffer;
    const [salt, theirs, text] = [sealed.subarray(0, 16), sealed.subarray(21, 86), sealed.subarray(86)];
    const who = Buffer.concat([Buffer.from("WebPush: info\0"), this.#phone.getPublicKey(), theirs]);
    const derive = (from: Buffer, key: Buffer, info: Buffer | string, length: number) =>
      Buffer.from(hkdfSync("sha256", key, from, info, length));
    const keying = derive(this.#secret, this.#phone.computeSecret(theirs), who, 32);
    const key = derive(salt, keying, "Content-Encoding: aes128gcm\0", 16);
    const cipher = createDecipheriv("aes-128-gcm", key, derive(salt, keying, "Content-Encoding: nonce\0", 12));
    cipher.setAuthTag(text.subarray(-16));
    const padded = Buffer.concat([cipher.update(text.subarray(0, -16)), cipher.final()]);
    return padded.subarray(0, padded.lastIndexOf(2)).toString();
  }
}

/** Hands a page's browser what its push service would hand it. */
export async function deliver(page: Page, from: string, said: string): Promise<void> {
  const session: CDPSession = await page.context().newCDPSession(page);
  const registered = new Promise<string>((done) => {
    session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const [one] = registrations;
      if (one) done(one.registrationId);
    });
  });
  await session.send("ServiceWorker.enable");
  await session.send("ServiceWorker.deliverPushMessage", { origin: new URL(from).origin, registrationId: await registered, data: said });
}

/** The notifications that this browser shows: their titles, and all that is in them. */
export async function shown(page: Page): Promise<{ title: string; body: string; lang: string }[]> {
  const [worker] = page.context().serviceWorkers();
  if (!worker) throw new Error("there is no worker");
  return worker.evaluate(async () => {
    const { registration } = globalThis as unknown as { registration: ServiceWorkerRegistration };
    return (await registration.getNotifications()).map(({ title, body, lang }) => ({ title, body, lang }));
  });
}
