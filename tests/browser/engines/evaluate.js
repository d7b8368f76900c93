// Does what Playwright's evaluate does: an expression, statements, or a function that is given the argument. What comes
// of it is printed by hand, since a page may have put a toJSON of its own on everything.
async (given) => {
  const print = (value) => {
    switch (typeof value) {
      case 'string':
        return JSON.stringify(value);
      case 'boolean':
        return String(value);
      case 'number':
        return Number.isFinite(value) ? String(value) : 'null';
      case 'object':
        break;
      default:
        return 'null';
    }
    if (value === null || value === window || value instanceof Node) return 'null';
    if (value instanceof Error) return print(String(value));
    if (Array.isArray(value)) return `[${Array.from(value, print).join()}]`;
    return `{${Object.keys(value).map((name) => `${JSON.stringify(name)}:${print(value[name])}`).join()}}`;
  };
  const isExpression = (source) => {
    try {
      new Function(`return (${source}\n)`);
      return true;
    } catch {
      return false;
    }
  };
  const [source, argument] = JSON.parse(given);
  let found;
  try {
    let value = (0, eval)(isExpression(source) ? `(${source}\n)` : source);
    if (typeof value === 'function') value = value(argument);
    found = `{"value":${print(await value)}`;
  } catch (error) {
    found = `{"error":${print((error && error.stack ? `${error}\n${error.stack}` : String(error)))}`;
  }
  const heard = window.__complaints ? window.__complaints.splice(0) : [];
  return `${found},"complaints":${print(heard)}}`;
}
