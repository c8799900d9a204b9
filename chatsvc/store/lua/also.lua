-- A visitor who waits agrees to be served in other languages too, or takes that back.
-- args: id, visitor (HMAC: must be its visitor), also (array: languages, perhaps none), also_ms (how long after joining)
-- result: c (record); err: not_found, bad_state (does not wait any more)
local c = conv(arg.id)
if not c or c.visitor ~= arg.visitor then return fail("not_found") end
if c.state ~= "waiting" and c.state ~= "offered" then return fail("bad_state") end
local missing = missing_queue({ c.id })
if missing then return stale(missing) end
local waits = c.state == "waiting"
if waits then take_down(c, c.queue) end
undue("a", c.id)
c.also, c.also_at = nil, nil
if #arg.also > 0 then c.also, c.also_at = arg.also, c.joined + arg.also_ms end
if waits then stand_in_line(c) end -- an offer that is out stands: it was made by what held then
touch(c)
return commit({ c = c })
