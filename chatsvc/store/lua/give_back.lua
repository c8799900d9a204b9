-- The owner returns a conversation to the front of its queue.
-- args: id (staff), conversation
-- result: c (record); err: not_found, not_allowed (a consultant), bad_state
local s = person(arg.id)
local c = conv(arg.conversation)
local part = c and part_of(c, arg.id)
if not s or not part then return fail("not_found") end
if part.role ~= "owner" then return fail("not_allowed") end
if c.state ~= "active" then return fail("bad_state") end
local missing = missing_queue({ c.id })
if missing then return stale(missing) end
-- It should go to somebody else: not offered to this person again for the queue's time.
spare(c, s, conf(c.queue).offer_repeat_ms)
give_back(c, s, "returned")
return commit({ c = c })
