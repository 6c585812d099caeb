// A file that is dropped on the page would replace it, and with it what is being written. It is refused in words instead; so is one that is
// pasted. Text may still be dropped into a field.

import { signal } from "@preact/signals";

/** Whether a file was just refused. */
export const fileRefused = signal(false);

/** Watches the page. Gives what ends that. */
export function guardFiles(on: Document): () => void {
  const over = (event: DragEvent) => {
    if (!isForField(event)) event.preventDefault();
  };
  const drop = (event: DragEvent) => {
    if (isForField(event)) return;
    event.preventDefault();
    if (hasFiles(event.dataTransfer)) fileRefused.value = true;
  };
  const paste = (event: ClipboardEvent) => {
    const data = event.clipboardData;
    if (hasFiles(data) && !data?.getData("text/plain")) fileRefused.value = true;
  };
  on.addEventListener("dragover", over);
  on.addEventListener("drop", drop);
  on.addEventListener("paste", paste);
  return () => {
    on.removeEventListener("dragover", over);
    on.removeEventListener("drop", drop);
    on.removeEventListener("paste", paste);
  };
}

function hasFiles(data: DataTransfer | null): boolean {
  return data !== null && [...data.types].includes("Files");
}

function isForField(event: DragEvent): boolean {
  return event.target instanceof HTMLTextAreaElement && !hasFiles(event.dataTransfer);
}
