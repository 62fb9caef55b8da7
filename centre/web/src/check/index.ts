// All of the check, for tests and for whoever wants it apart from the pages.
export * from "./bytes.ts";
export * from "./crypto.ts";
export * from "./dsse.ts";
export * from "./evidence.ts";
export * from "./merkle.ts";
export * from "./note.ts";
export * from "./policy.ts";
export * from "./proof.ts";
export * from "./statistic.ts";
export * from "./trust.ts";
