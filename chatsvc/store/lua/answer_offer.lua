-- A counsellor accepts or declines the offer that is held for them.
-- args: id (staff), conversation, accept (bool)
-- result: c (record) when accepted; err: not_found, bad_state
local s = person(arg.id)
local c = conv(arg.conversation)
if not s or not c or c.offered ~= s.id then return fail("not_found") end
if not Q[c.queue] then return fail("stale") end
if arg.accept and c.offer_until > now then
  assign(c, s)
  return commit({ c = c })
end
-- An answer that comes too late is a missed offer, which the deadline would have found a moment later.
s.missed = arg.accept and s.missed + 1 or 0
drop_offer(c, arg.accept and "expired" or "declined")
pair_visitor(c)
pair_staff(s)
return commit({ late = arg.accept })
