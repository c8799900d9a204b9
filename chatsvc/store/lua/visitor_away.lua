-- A visitor's connection is gone or silent. Only the connection that is attached counts.
-- args: id, conn
-- result: gone (bool)
local c = conv(arg.id)
if not c or c.vconn ~= arg.conn then
  if not c or c.vnode ~= HERE then redis.call("SREM", AT, "v:" .. arg.id) end
  return commit({ gone = false })
end
local missing = missing_queue({ c.id })
if missing then return stale(missing) end
redis.call("SREM", AT, "v:" .. c.id)
visitor_gone(c)
return commit({ gone = true })
