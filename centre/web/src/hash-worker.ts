// Hashes a file piece by piece, apart from the page: memory stays flat whatever its size.
// Nothing here can reach the network, and nothing but the digest leaves.
import { hex } from "./check/bytes.ts";
import { sha256Stream } from "./check/crypto.ts";

const PIECE = 4 << 20;
const TELL_MS = 120;

async function hash(file: Blob): Promise<void> {
  const state = sha256Stream();
  let told = 0;
  for (let at = 0; at < file.size; at += PIECE) {
    state.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
    if (performance.now() - told > TELL_MS) {
      told = performance.now();
      postMessage({ done: Math.min(at + PIECE, file.size), size: file.size });
    }
  }
  postMessage({ sha256: hex(state.digest()) });
}

self.onmessage = (event: MessageEvent<Blob>): void => {
  hash(event.data).catch((error: unknown) => postMessage({ failure: error instanceof Error ? error.message : "the file could not be read" }));
};
