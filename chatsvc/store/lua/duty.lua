-- A counsellor clocks in, pauses or clocks out.
-- args: id, state (available|paused|off), reason
-- result: s (record); err: not_found
local s = person(arg.id)
if not s then return fail("not_found") end
if arg.state == "off" then
  clock_out(s, true, arg.reason)
else
  if arg.state == "paused" and s.offer then
    local c = conv(s.offer)
    if c then drop_offer(c, "withdrawn"); pair_visitor(c) else s.offer = nil end
  end
  if s.state ~= "available" and arg.state == "available" then s.idle, s.missed = now, 0 end
  s.state, s.reason, s.since = arg.state, arg.reason, now
  place(s)
  pair_staff(s)
end
return commit({ s = s })
