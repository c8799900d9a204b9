-- The owner brings a colleague in; the visitor sees it. A consultation takes no place of the colleague's capacity.
-- args: id (staff), conversation, colleague
-- result: c (record); err: not_found, not_allowed (a consultant), bad_state, off_duty
local s = person(arg.id)
local c = conv(arg.conversation)
local part = c and part_of(c, arg.id)
if not s or not part then return fail("not_found") end
if part.role ~= "owner" then return fail("not_allowed") end
local other = person(arg.colleague)
if not other or not serves_site(other, c) then return fail("not_found") end
if c.state ~= "active" or part_of(c, other.id) then return fail("bad_state") end
if (other.state ~= "available" and other.state ~= "paused") or other.away then return fail("off_duty") end
seat(c, other, "consultant")
table.insert(other.consults, c.id)
touch(c)
touch_staff(other)
hint(extra_hints, other.node, { k = "a", id = c.id, staff = other.id })
return commit({ c = c })
