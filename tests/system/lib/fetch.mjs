// fetch, again when the connection that it had kept was closed as idle at this very moment. A clock that is set forward
// closes all of the kept ones at once.
const CLOSED = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'];

export async function ask(url, options, tries = 5) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (tries === 1 || !CLOSED.includes(error.cause?.code)) throw error;
    return ask(url, options, tries - 1);
  }
}
