// Who may do what, drawn from the table that the server itself asks.

import { useEffect, useState } from "preact/hooks";
import { roles } from "../../app/scheme";
import { enScheme } from "../../text/scheme";
import type { Role, RolesPage } from "../../wire/generated";

const words = enScheme.roles;
const ROLES: Role[] = ["mentee", "mentor", "guest_officer", "supervisor", "coordinator", "operator"];

export function Roles() {
  const [page, setPage] = useState<RolesPage | null>(null);
  useEffect(() => void roles().then((got) => got.ok && setPage(got.value)), []);
  return (
    <main class="shelves">
      <h2>{words.title}</h2>
      {page === null ? (
        <p>{enScheme.loading}</p>
      ) : (
        <div class="table rights" role="region" aria-label={words.title} tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">{words.right}</th>
                {ROLES.map((role) => (
                  <th key={role} scope="col">
                    {enScheme.people.roles[role]}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {page.rights.map((line) => (
                <tr key={line.right}>
                  <th scope="row">{words.rights[line.right]}</th>
                  {ROLES.map((role) => (
                    <td key={role}>{line.roles.includes(role) ? <strong>{words.yes}</strong> : words.no}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </main>
  );
}
