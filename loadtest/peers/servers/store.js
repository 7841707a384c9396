/// The log of both hand-written servers: PostgreSQL, one connection, the next batch collected while the last one commits.
/// An append is answered after its commit, with fsync as the server has it. A repeat of (room, sender, key) stores nothing
/// and is answered with the first number. Numbers grow within a room but leave holes: they come from one sequence.
import pg from "pg";

const batch_max = 500;
const waiting_max = 100_000;

const schema = `
  CREATE TABLE IF NOT EXISTS message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    room text NOT NULL, sender text NOT NULL, key text NOT NULL, body text NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (room, sender, key));
  CREATE INDEX IF NOT EXISTS message_by_room ON message (room, id)`;
const insert = {
  name: "append",
  text: `INSERT INTO message (room, sender, key, body) SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
    ON CONFLICT (room, sender, key) DO NOTHING RETURNING id, room, sender, key`,
};
const repeat = {
  name: "repeat",
  text: `SELECT id, room, sender, key FROM message
    JOIN unnest($1::text[], $2::text[], $3::text[]) AS asked (room, sender, key) USING (room, sender, key)`,
};

const name_of = ({ room, sender, key }) => JSON.stringify([room, sender, key]);

export class store {
  #waiting = [];
  #is_writing = false;

  static async open(dsn) {
    const made = new store();
    made.link = new pg.Client({ connectionString: dsn });
    made.link.on("error", (error) => {
      console.error(`the database's connection broke: ${error.message}`);
      process.exit(1);
    });
    await made.link.connect();
    await made.link.query(schema);
    return made;
  }

  /// @returns {id, duplicate}, after the commit
  append(draft) {
    if (this.#waiting.length >= waiting_max) return Promise.reject(new Error("overloaded: try again later"));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ draft, resolve, reject });
      if (!this.#is_writing) this.#write();
    });
  }

  async #write() {
    this.#is_writing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, batch_max);
      const column = (name) => batch.map(({ draft }) => draft[name]);
      try {
        const { rows } = await this.link.query({ ...insert, values: [column("room"), column("sender"), column("key"), column("text")] });
        const ids = new Map(rows.map((row) => [name_of(row), row.id]));
        if (rows.length < batch.length) await this.#answer_with_repeats(batch, ids);
        else for (const { draft, resolve } of batch) resolve({ id: ids.get(name_of(draft)), duplicate: false });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#is_writing = false;
  }

  async #answer_with_repeats(batch, ids) {
    const drafts = batch.map(({ draft }) => draft);
    const values = ["room", "sender", "key"].map((name) => drafts.map((draft) => draft[name]));
    const { rows } = await this.link.query({ ...repeat, values });
    const stored = new Map(rows.map((row) => [name_of(row), row.id]));
    for (const { draft, resolve } of batch) {
      const name = name_of(draft);
      const is_new = ids.delete(name); // of two equal ones in a batch the first is the new one
      resolve({ id: stored.get(name), duplicate: !is_new });
    }
  }
}
