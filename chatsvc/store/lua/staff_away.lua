-- A counsellor's connection is gone or silent: away at once, off duty after the grace time.
-- args: id, conn
-- result: gone (bool)
local s = person(arg.id)
if not s or s.conn ~= arg.conn then
  if not s or s.node ~= HERE then redis.call("SREM", AT, "s:" .. arg.id) end
  return commit({ gone = false })
end
local missing = missing_queue({ s.offer })
if missing then return stale(missing) end
redis.call("SREM", AT, "s:" .. s.id)
staff_gone(s)
return commit({ gone = true })
