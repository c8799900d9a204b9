-- A counsellor's connection is gone or silent: away at once, off duty after the grace time. Or they may not come back, and
-- whatever they had goes to others at once.
-- args: id, conn, for_good? (bool)
-- result: gone (bool)
local s = person(arg.id)
if not s or s.conn ~= arg.conn then
  if not s or s.node ~= HERE then redis.call("SREM", AT, "s:" .. arg.id) end
  return commit({ gone = false })
end
local missing = missing_queue({ s.offer })
if arg.for_good then missing = missing or missing_queue(s.convs) or missing_queue(s.consults) end
if missing then return stale(missing) end
redis.call("SREM", AT, "s:" .. s.id)
staff_gone(s)
if arg.for_good then
  clock_out(s, false, "signed_out")
  turn_out_of(s, function() return true end)
  undue("s", s.id)
end
return commit({ gone = true })
