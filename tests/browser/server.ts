// A server of a walk's own, over a demonstration of its own: it may be killed, and told other things than the one that all walks share.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Account, expect } from "./people";

const RULES = join(import.meta.dirname, "..", "..", "config", "rules");

export class Server {
  readonly folder = mkdtempSync(join(tmpdir(), "handrail-walk-"));
  url = "";
  #process: ChildProcess | null = null;

  /** Starts the demonstration, the second time where it was. */
  start(): Promise<void> {
    return this.#run(["demo", "--data", join(this.folder, "data"), "--listen", this.#listen()]);
  }

  /** Starts it, and then over its record a server with this in its configuration; one that asks nobody for a code, unless it says so. */
  async startWith(more: string): Promise<void> {
    const session = more.includes("[session]") ? "" : '[session]\nsecond_step = "nobody"\n';
    await this.start();
    await this.kill();
    const config = join(this.folder, "handrail.toml");
    writeFileSync(config, `[server]\nlisten = "${this.#listen()}"\n[rules]\nfolder = "${RULES}"\n${session}${more}`);
    await this.#run(["serve", "--config", config]);
  }

  /** What a coordinator does by the command line, while the server is down. */
  async operate(...words: string[]): Promise<void> {
    const config = join(this.folder, "operate.toml");
    writeFileSync(config, `[store]\npath = "${join(this.folder, "data")}"\n[rules]\nfolder = "${RULES}"\n`);
    await this.kill();
    execFileSync(process.env["HANDRAIL_BINARY"] ?? "", [...words.slice(0, 2), "--config", config, ...words.slice(2)]);
    await this.start();
  }

  async kill(): Promise<void> {
    const ended = new Promise((done) => this.#process?.once("exit", done));
    this.#process?.kill("SIGKILL");
    await ended;
  }

  someone(name: string): Account {
    const all = JSON.parse(readFileSync(join(this.folder, "data", "demo-accounts.json"), "utf8")) as Account[];
    const found = all.find((account) => account.username === name);
    if (!found) throw new Error(`the demo has no ${name}`);
    return found;
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #listen(): string {
    return this.url === "" ? "127.0.0.1:0" : new URL(this.url).host.replace("localhost", "127.0.0.1");
  }

  async #run(words: string[]): Promise<void> {
    const server = spawn(process.env["HANDRAIL_BINARY"] ?? "", words, { stdio: ["ignore", "pipe", "ignore"] });
    this.#process = server;
    let said = "";
    server.stdout.on("data", (chunk) => (said += String(chunk)));
    if (this.url === "") {
      await expect.poll(() => /^Handrail is at (\S+)$/m.exec(said)?.[1], { timeout: 30_000 }).toBeTruthy();
      this.url = /^Handrail is at (\S+)$/m.exec(said)?.[1] ?? "";
    }
    const ready = () => fetch(`${this.url}/health/ready`).then((answer) => answer.ok).catch(() => false);
    await expect.poll(ready, { timeout: 30_000 }).toBe(true);
  }
}
