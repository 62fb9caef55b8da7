// An authenticator in software, and a client that keeps a session: what a browser would
// send, and what an attacker would.
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { request } from "node:http";

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest();

export class Authenticator {
  constructor(party) {
    this.party = party;
    this.id = randomBytes(16);
    this.counter = 0;
    this.keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  }

  head(flags, counter) {
    const out = Buffer.alloc(37);
    sha256(this.party).copy(out);
    out[32] = flags;
    out.writeUInt32BE(counter, 33);
    return out;
  }

  create(flags = 0x45) {
    const { x, y } = this.keys.publicKey.export({ format: "jwk" });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.id.length);
    const cose = Buffer.concat([Buffer.from("a5010203262001215820", "hex"), Buffer.from(x, "base64url"), Buffer.from("225820", "hex"), Buffer.from(y, "base64url")]);
    return Buffer.concat([this.head(flags, this.counter), Buffer.alloc(16), length, this.id, cose]);
  }

  get(clientData, { flags = 0x05, counter = ++this.counter } = {}) {
    const data = this.head(flags, counter);
    return { data, signature: sign("sha256", Buffer.concat([data, sha256(clientData)]), this.keys.privateKey) };
  }
}

export const clientData = (type, challenge, origin, rest = "}") =>
  Buffer.from(`{"type":"webauthn.${type}","challenge":"${Buffer.from(challenge, "base64").toString("base64url")}","origin":"${origin}","crossOrigin":false${rest}`);

export class Client {
  constructor(url, origin) {
    this.url = url;
    this.origin = origin;
    this.cookie = undefined;
    this.csrf = undefined;
  }

  send(method, path, body, headers = {}) {
    const all = { ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...(this.cookie ? { Cookie: this.cookie } : {}), ...(this.csrf ? { "X-Vitrine-Session": this.csrf } : {}), ...headers };
    for (const [name, value] of Object.entries(all)) if (value === null) delete all[name];
    return new Promise((resolve, reject) => {
      const call = request(`${this.url}/api/v1/${path}`, { method, headers: all }, (answer) => {
        const parts = [];
        answer.on("data", (part) => parts.push(part));
        answer.on("end", () => {
          const bytes = Buffer.concat(parts);
          let json;
          try {
            json = JSON.parse(bytes.toString());
          } catch {
            json = undefined;
          }
          resolve({ status: answer.statusCode, headers: answer.headers, bytes, json });
        });
      });
      call.on("error", reject);
      call.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body));
    });
  }

  post(path, body, headers) {
    return this.send("POST", path, body, headers);
  }

  async enrol(authenticator, code, change = {}) {
    const { challenge } = (await this.post("session/challenge", { code })).json;
    const data = change.clientData?.(challenge) ?? clientData("create", challenge, this.origin);
    return this.post("session/enrol", { code, client_data: data.toString("base64"), authenticator_data: (change.data ?? authenticator.create(change.flags)).toString("base64") });
  }

  async open(authenticator, change = {}) {
    const { challenge } = (await this.post("session/challenge", {})).json;
    const data = change.clientData?.(challenge) ?? clientData("get", challenge, this.origin);
    const { data: bytes, signature } = authenticator.get(data, change);
    const body = { credential: authenticator.id.toString("base64"), client_data: data.toString("base64"), authenticator_data: bytes.toString("base64"), signature: (change.signature?.(signature) ?? signature).toString("base64") };
    const answer = await this.post("session/open", body);
    if (answer.status === 200) {
      this.cookie = answer.headers["set-cookie"][0].split(";")[0];
      this.csrf = answer.json.csrf;
    }
    return { ...answer, body };
  }

  ask(question, headers) {
    return this.post("source", question, headers);
  }
}
