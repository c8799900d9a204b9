-- A visitor's connection is gone or silent. Only the connection that is attached counts.
-- args: id, conn
-- result: gone (bool)
local c = conv(arg.id)
if not c or c.vconn ~= arg.conn then return commit({ gone = false }) end
if not Q[c.queue] then return fail("stale") end
redis.call("SREM", AT, "v:" .. c.id)
visitor_gone(c)
return commit({ gone = true })
