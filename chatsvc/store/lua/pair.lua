-- A queue's settings have changed: those who wait there are looked at again.
-- args: queue
local cf = conf(arg.queue)
if Q[arg.queue] and cf.mode ~= "take" then
  for _, id in ipairs(redis.call("ZRANGE", KEYS[Q[arg.queue].free], 0, -1)) do
    local s = person(id)
    if s then unsettled[id] = s end
  end
end
return commit({})
