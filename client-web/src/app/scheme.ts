// Running a scheme: what the server has, as signals for the pages; and what is done to it.

import { signal } from "@preact/signals";
import { keep, kept } from "../core/kept";
import type {
  FormView,
  FormsPage,
  HomePage,
  Imported,
  Invited,
  MatchPage,
  NewPaper,
  NewSitePaper,
  PaperView,
  PaperWritten,
  PeoplePage,
  PersonLine,
  PersonPage,
  RelationshipLine,
  RelationshipPage,
  RelationshipsPage,
  Role,
  RolesPage,
  SchemePage,
  SiteChoices,
  SitePaperView,
  SitePapersPage,
} from "../wire/generated";
import { call, type Got } from "./api";

/** The forms that this person reads or writes, once they are asked for. */
export const forms = signal<FormView[]>([]);
/** Everybody of the site, once asked for: forms name people. */
export const everybody = signal<PersonLine[]>([]);

const at = (path: string, id: string) => `${path}/${encodeURIComponent(id)}`;

export async function readForms(): Promise<void> {
  if (forms.value.length > 0) return;
  const got = await call<FormsPage>("GET", "/api/forms");
  if (got.ok) forms.value = got.value.forms;
}

export async function people(): Promise<Got<PeoplePage>> {
  const got = await call<PeoplePage>("GET", "/api/people");
  if (got.ok) everybody.value = got.value.people;
  return got;
}

export const home = () => call<HomePage>("GET", "/api/home");
export const person = (id: string) => call<PersonPage>("GET", at("/api/people", id));
export const relationships = () => call<RelationshipsPage>("GET", "/api/relationships");
export const relationship = (id: string) => call<RelationshipPage>("GET", at("/api/relationships", id));
export const matches = (id: string) => call<MatchPage>("GET", at("/api/matches", id));
export const roles = () => call<RolesPage>("GET", "/api/roles");

export const addPerson = (name: string, role: Role) => call<Invited>("POST", "/api/people", { name, role });
export const invite = (id: string, checked: string) => call<Invited>("POST", `${at("/api/people", id)}/invite`, { checked });
export const suspend = (id: string, reason: string) => call<null>("POST", `${at("/api/people", id)}/suspend`, { reason });
export const takeStepAway = (id: string, reason: string) => call<null>("POST", `${at("/api/people", id)}/second-step`, { reason });
export const restore = (id: string) => call<null>("POST", `${at("/api/people", id)}/restore`);
export const breakGlass = (id: string, reason: string) => call<null>("POST", `${at("/api/people", id)}/glass`, { reason });
export const identity = (id: string) => call<PaperView>("POST", `${at("/api/people", id)}/identity`);
export const seeGlass = (id: string) => call<null>("POST", `${at("/api/glass", id)}/seen`);

export const readPaper = (id: string) => call<PaperView>("GET", at("/api/papers", id));
export const writePaper = (paper: NewPaper) => call<PaperView>("POST", "/api/papers", paper);
export const rewritePaper = (id: string, paper: PaperWritten) => call<PaperView>("PUT", at("/api/papers", id), paper);
export const actOnPaper = (id: string, act: "sign" | "close", version: number) => call<PaperView>("POST", `${at("/api/papers", id)}/${act}`, { version });

export const begin = (parties: string[], plan: NewPaper["answers"]) => call<RelationshipLine>("POST", "/api/relationships", { parties, plan });
export const change = (id: string, act: string, words: string, to: string | null = null) => call<null>("POST", `${at("/api/relationships", id)}/${act}`, { words, to });

export const site = () => call<SiteChoices>("GET", "/api/site");
export const chooseSite = (choices: SiteChoices) => call<SiteChoices>("PUT", "/api/site", choices);

export const sitePapers = () => call<SitePapersPage>("GET", "/api/site/papers");
export const writeSitePaper = (paper: NewSitePaper) => call<SitePaperView>("POST", "/api/site/papers", paper);

export const importTable = (csv: string, dry: boolean) => call<Imported>("POST", "/api/people/import", { csv, dry });

const period = (from: string, until: string) => `from=${encodeURIComponent(from)}&until=${encodeURIComponent(until)}`;
export const numbers = (from: string, until: string) => call<SchemePage>("GET", `/api/scheme?${period(from, until)}`);
export const hrefOfNumbers = (from: string, until: string) => `/api/scheme.csv?${period(from, until)}`;

const COST_KEY = "handrail.cost";
/** What the time cost, as this person wrote it last. */
export const keptCost = () => kept(COST_KEY) ?? "";
export const keepCost = (cost: string) => keep(COST_KEY, cost);

/** The address with which somebody comes in; the code is behind a sign that no server is told. */
export const joinLink = (code: string) => `${location.origin}/join#${code}`;
