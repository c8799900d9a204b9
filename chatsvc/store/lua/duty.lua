-- A counsellor clocks in, pauses or clocks out.
-- args: id, state (available|paused|off), reason
-- result: s (record); err: not_found
local s = person(arg.id)
if not s then return fail("not_found") end
local missing = missing_queue({ s.offer })
if missing then return stale(missing) end
if arg.state == "off" then
  clock_out(s, true, arg.reason)
else
  if s.state ~= "available" and arg.state == "available" then s.idle, s.missed = now, 0 end
  s.state, s.reason, s.since = arg.state, arg.reason, now
  if arg.state == "paused" then withdraw_offer(s) end
  place(s)
end
return commit({ s = s })
