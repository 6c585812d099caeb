// The word before an article's title in a message, in each language: whoever reads it may have chosen the other one.

export const en = "Library";
export const cy = "Llyfrgell";
