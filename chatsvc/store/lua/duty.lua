-- A counsellor clocks in, pauses or clocks out; or the worker clocks them out at the end of a shift.
-- args: id, state (available|paused|off), reason, ended? (ms, the end of a shift: only who is on duty and clocked in before)
-- result: s (record), done (bool: false when the end of the shift is not theirs any more); err: not_found, off_duty
local s = person(arg.id)
if not s then return fail("not_found") end
local missing = missing_queue({ s.offer })
if missing then return stale(missing) end
local on = s.state == "available" or s.state == "paused"
if arg.ended and not (on and (s.clocked or s.since) < arg.ended) then return commit({ s = s, done = false }) end
-- Nobody comes on duty without a connection: no grace time would end that.
if not on and s.away and arg.state ~= "off" then return fail("off_duty") end
if arg.state == "off" then
  clock_out(s, true, arg.reason)
else
  if not on then s.clocked = now end
  if s.state ~= "available" and arg.state == "available" then s.idle, s.missed = now, 0 end
  if s.state ~= arg.state then s.since = now end -- another reason is the same pause
  s.state, s.reason = arg.state, arg.reason
  if arg.state == "paused" then withdraw_offer(s) end
  place(s)
end
return commit({ s = s, done = true })
