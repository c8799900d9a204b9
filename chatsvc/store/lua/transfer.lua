-- The owner hands a conversation on. It stays theirs until somebody accepts.
-- args: id (staff), conversation, to_staff? or to_queue?, ttl_ms
-- result: c (record); err: not_found, not_allowed (a consultant), bad_state, at_capacity, off_duty, no_language,
--         unknown_queue
local s = person(arg.id)
local c = conv(arg.conversation)
local part = c and part_of(c, arg.id)
if not s or not part then return fail("not_found") end
if part.role ~= "owner" then return fail("not_allowed") end
if c.state ~= "active" or c.transfer then return fail("bad_state") end
local missing = missing_queue({ c.id })
if missing then return stale(missing) end
if arg.to_staff then
  local other = person(arg.to_staff)
  if not other or arg.to_staff == arg.id or not serves_site(other, c) then return fail("not_found") end
  if other.state ~= "available" or other.away then return fail("off_duty") end
  if not speaks(other, c) then return fail("no_language") end
  if other.offer or load_of(other) >= other.capacity or not fits(other, c) then return fail("at_capacity") end
  c.transfer = { staff = arg.to_staff }
  make_offer(c, other, arg.ttl_ms)
else
  local own = string.match(arg.to_queue, "^[^/]*") == c.site -- its keys and its records are this site's
  if not own or not Q[arg.to_queue] or conf(arg.to_queue).removed then return fail("unknown_queue") end
  c.transfer = { queue = arg.to_queue, till = now + arg.ttl_ms }
  c.score = math.min(c.score, c.joined - FRONT)
  stand_for_transfer(c)
  due("t", c.id, c.transfer.till)
  touch(c)
end
return commit({ c = c })
