-- A counsellor accepts or declines the offer that is held for them.
-- args: id (staff), conversation, accept (bool)
-- result: c (record) when accepted, late (bool: too late, it is not theirs any more); err: not_found
local s = person(arg.id)
local c = conv(arg.conversation)
if not s or not c or c.offered ~= s.id then return fail("not_found") end
local missing = missing_queue({ c.id })
if missing then return stale(missing) end
if arg.accept and c.offer_until > now then
  assign(c, s)
  return commit({ c = c })
end
-- An answer that comes too late is a missed offer, which the deadline would have found a moment later.
if arg.accept then
  miss_offer(c)
else
  s.missed = 0
  drop_offer(c, "declined")
end
return commit({ late = arg.accept })
