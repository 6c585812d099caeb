// Two nodes over one PostgreSQL and one Redis, all of a walk's own: either may be killed and started again.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Account, expect } from "./people";

const ROOT = join(import.meta.dirname, "..", "..");
const PASSWORD = "a-password-for-walks";
const RATE = "{ per_second = 500, burst = 1000 }";

export class Nodes {
  readonly folder = mkdtempSync(join(tmpdir(), "handrail-nodes-"));
  readonly urls: string[] = [];
  #database: ChildProcess | null = null;
  #redis: ChildProcess | null = null;
  #nodes: ChildProcess[] = [];
  #ports = { database: 0, redis: 0 };
  #conversation = "";

  async start(): Promise<void> {
    this.#ports = { database: await freePort(), redis: await freePort() };
    await this.#startDatabase();
    await this.startRedis();
    this.#people();
    for (const name of ["one", "two"]) await this.#startNode(name);
  }

  async startRedis(): Promise<void> {
    this.#redis = spawn("redis-server", ["--port", String(this.#ports.redis), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"], { stdio: "ignore" });
    const answers = () => {
      try {
        return execFileSync("redis-cli", ["-p", String(this.#ports.redis), "ping"], { stdio: ["ignore", "pipe", "ignore"] }).toString().trim() === "PONG";
      } catch {
        return false;
      }
    };
    await expect.poll(answers, { timeout: 20_000 }).toBe(true);
  }

  async killRedis(): Promise<void> {
    await gone(this.#redis, "SIGKILL");
  }

  /** What a node says of itself. */
  async ready(node: number): Promise<string> {
    const answer = (await (await fetch(`${this.urls[node]}/health/ready`)).json()) as { status: string };
    return answer.status;
  }

  someone(username: string): Account {
    const role = username.replace(/\d$/, "");
    const conversations = role === "supervisor" ? [] : [{ id: this.#conversation, with: null }];
    return { username, password: PASSWORD, token: "", role, account: "", site: "", conversations };
  }

  async end(): Promise<void> {
    for (const node of this.#nodes) await gone(node, "SIGKILL");
    await gone(this.#redis, "SIGKILL");
    // The server of the database ends with its input.
    this.#database?.stdin?.end();
    if (this.#database?.exitCode === null) await once(this.#database, "exit");
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #startDatabase(): Promise<void> {
    const folder = mkdtempSync(join(this.folder, "postgres-"));
    // The server runs as somebody who must reach its folder.
    execFileSync("chmod", ["755", this.folder]);
    const script = spawn(join(ROOT, "scripts", "postgres"), [folder, String(this.#ports.database)], { stdio: ["pipe", "pipe", "inherit"] });
    this.#database = script;
    const answers = createInterface({ input: script.stdout })[Symbol.asyncIterator]();
    for (const word of ["start", "create record"]) {
      script.stdin.write(`${word}\n`);
      expect((await answers.next()).value).toBe("done");
    }
  }

  /** Two supervisors, a mentee and their mentor, as an operator makes them. */
  #people(): void {
    const run = (input: string, ...words: string[]) =>
      execFileSync(process.env["HANDRAIL_BINARY"] ?? "", [...words.slice(0, 2), "--config", this.#config("one"), ...words.slice(2)], { input }).toString();
    run("", "site", "add", "Two Nodes");
    run("", "site", "basis", "Two Nodes", "--article-6", "public_task", "--condition", "counselling", "--policy", "Shelf 3", "--review", "2099-01-01");
    for (const [role, username] of [["mentee", "mentee1"], ["mentor", "mentor1"], ["supervisor", "supervisor1"], ["supervisor", "supervisor2"]] as const) {
      const name = username === "supervisor1" ? "Sam" : username === "supervisor2" ? "Priya" : username;
      run(PASSWORD, "account", "add", "--site", "Two Nodes", "--role", role, "--name", name, "--username", username, "--password-stdin");
    }
    this.#conversation = /c_[\w-]{22}/.exec(run("", "relationship", "add", "mentor1", "mentee1"))?.[0] ?? "";
  }

  #config(name: string, port = 0): string {
    const file = join(this.folder, `${name}.toml`);
    const store = `[store]\npath = "${join(this.folder, name)}"\nurl = "postgres://handrail:handrail@127.0.0.1:${this.#ports.database}/record"\n`;
    const bus = `[bus]\nredis = "redis://127.0.0.1:${this.#ports.redis}"\n`;
    const limits = `[limits]\nframes_per_connection = ${RATE}\nsends_per_account = ${RATE}\nsends_per_conversation = ${RATE}\n`;
    writeFileSync(file, `[server]\nlisten = "127.0.0.1:${port}"\n${store}${bus}[rules]\nfolder = "${join(ROOT, "config", "rules")}"\n[session]\nsecond_step = "nobody"\n${limits}`);
    return file;
  }

  async #startNode(name: string): Promise<void> {
    const port = await freePort();
    this.#nodes.push(spawn(process.env["HANDRAIL_BINARY"] ?? "", ["serve", "--config", this.#config(name, port)], { stdio: "ignore" }));
    const url = `http://localhost:${port}`;
    this.urls.push(url);
    const ready = () => fetch(`${url}/health/ready`).then((answer) => answer.ok).catch(() => false);
    await expect.poll(ready, { timeout: 30_000 }).toBe(true);
  }
}

async function gone(process: ChildProcess | null, signal: NodeJS.Signals): Promise<void> {
  if (!process || process.exitCode !== null || process.signalCode !== null) return;
  const ended = once(process, "exit");
  process.kill(signal);
  await ended;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
