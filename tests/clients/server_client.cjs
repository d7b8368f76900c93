// Drives Fullstory's own server client, unmodified, against the service of FS_API_HOST, and prints what it got as JSON.
// What its own smoke suite looks at is under "smoke". Arguments: where the package lies, the API key. NODE_ENV must be "test" for the client to look at FS_API_HOST.
const [, , home, apiKey] = process.argv;
const { init } = require(home);

const client = init({ apiKey });
const seen = {};

const finished = (job) =>
  new Promise((resolve, reject) => {
    job.on("done", (imports, failures) => resolve({ status: job.getStatus(), imports, failures }));
    job.on("abort", reject);
    job.execute();
  });

const statusOf = (promise) => promise.then(() => 200, (error) => error.httpStatusCode);

const NESTED = { tier: "silver", joined: { yes: true, on: "2001-02-03T00:00:00Z", on_text: "2001-02-03T00:00:00Z" }, phone: "5550100" };

// Two events and users of a batch are anonymous, and of one event and one user everything is given.
async function smoke() {
  const { events, users } = client;
  const found = { nested: NESTED };
  found.ofUid = await events.create({ body: { user: { uid: "smoke-1" }, name: "Of a uid", properties: NESTED } });
  const { body: anonymous } = await users.create({ body: { display_name: "Nobody yet" } });
  found.ofId = await events.create({ body: { user: { id: anonymous.id }, name: "Of an id", properties: NESTED } });
  found.ofNobody = await events.create({ body: { name: "Of nobody", properties: NESTED } });

  found.events = [{ name: "First", properties: NESTED }, { name: "Second" }, { name: "Third" }];
  const eventBatch = events.batchCreate({ body: { requests: found.events.slice(0, 1) } }, { pollInterval: 50 });
  found.eventBatch = await finished(eventBatch.add(...found.events.slice(1)));

  found.users = [
    { uid: "smoke-2", display_name: "Two", email: "two@example.com", properties: NESTED },
    { display_name: "Three" },
    { display_name: "Four" },
  ];
  const userBatch = users.batchCreate({ body: { requests: found.users.slice(0, 1) } }, { pollInterval: 50 });
  found.userBatch = await finished(userBatch.add(...found.users.slice(1)));

  found.user = { uid: "smoke-5", display_name: "Five", email: "five@example", properties: NESTED };
  const { id } = (await users.create({ body: found.user })).body;
  found.read = await users.get({ id, includeSchema: true });
  found.updated = await users.update({ id, body: { display_name: "Five B", properties: { joined_again: false } } });
  found.deleted = await users.delete({ id });
  return found;
}

async function main() {
  const made = await client.users.create({
    body: { uid: "node-1", display_name: "Nora", email: "nora@example.com", properties: { pricing_plan: "paid", total_spent: 14.55 } },
    idempotencyKey: "create-node-1",
  });
  seen.created = made.body;
  seen.again = (await client.users.create({ body: { uid: "node-1" } })).body;
  const id = made.body.id;
  seen.updated = (await client.users.update({ id, body: { display_name: "Nora B", properties: { popup_help: true } } })).body;
  seen.read = (await client.users.get({ id, includeSchema: true })).body;
  seen.listed = (await client.users.list({ uid: "node-1" })).body;
  seen.anonymous = (await client.users.create({ body: {} })).body;
  seen.unidentified = (await client.users.list({ isIdentified: false })).body;

  seen.event = (await client.events.create({
    body: {
      user: { id },
      session: { use_most_recent: true },
      context: { browser: { url: "https://www.example.com" }, location: { latitude: 33.748997, longitude: -84.387985 } },
      name: "Support Ticket",
      timestamp: new Date(Date.now() - 1000).toISOString(),
      properties: { id: 424242, priority: "Normal" },
    },
  })).body;
  seen.nameless = await client.events.create({ body: { name: "" } }).catch((error) => ({
    status: error.httpStatusCode,
    body: error.fsErrorPayload,
  }));

  const users = client.users.batchCreate({ body: { requests: [] }, includeSchema: true }, { pollInterval: 100 });
  for (let n = 0; n < 250; n += 1) users.add({ uid: `batch-${n}`, display_name: `Batch ${n}` });
  seen.userBatch = await finished(users);
  const broken = client.users.batchCreate({ body: { requests: [{ uid: "fine" }, { uid: "undefined" }] } }, { pollInterval: 100 });
  seen.brokenBatch = await finished(broken);
  const events = client.events.batchCreate({ body: { requests: [] } }, { pollInterval: 100 });
  events.add({ user: { uid: "batch-1" }, name: "Bought", properties: { amount: 3 } });
  events.add({ user: { uid: "batch-2" }, name: "Bought" });
  seen.eventBatch = await finished(events);

  seen.deleted = (await client.users.delete({ id })).body;
  seen.deletedByUid = (await client.users.delete({ uid: "batch-3" })).body;
  seen.afterwards = await client.users.get({ id }).then((found) => found.body.is_being_deleted, (error) => error.httpStatusCode);
  seen.unauthorized = await statusOf(init({ apiKey: "wrong" }).users.list({}));
  seen.smoke = await smoke();
}

main().then(
  () => console.log(JSON.stringify(seen)),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
