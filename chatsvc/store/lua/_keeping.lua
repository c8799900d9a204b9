-- What the retention rules mean while a conversation ends: it is looked at by whoever erases, and the visitor can't read
-- what is said longer than it is kept. `domain/retention.py` decides; this is told to the visitor at once.
local kept_sites = {}

local function keeping(site)
  if kept_sites[site] == nil then
    local raw = redis.call("HGET", META, "keep:" .. site)
    kept_sites[site] = raw and cmsgpack.unpack(raw) or false
  end
  return kept_sites[site]
end

-- How long after the end (ms) a transcript is kept; 0 where no rule names it. Times beyond a day are not exact.
local function transcript_ms(c, rules)
  local least, law
  for _, rule in ipairs(rules) do
    local topic = rule.tag == nil or contains(c.tags or {}, rule.tag)
    if topic and (rule.queue or c.queue) == c.queue and (rule.outcome or c.outcome) == c.outcome then
      least = math.min(least or rule.ms, rule.ms)
      law = math.max(law or 0, rule.law)
    end
  end
  return math.max(least or 0, law or 0)
end

local function cut_linger(c)
  local keep = keeping(c.site)
  if not keep or not c.linger_until then return end
  local gone = c.ended
  if c.first_assigned then gone = math.min(c.ended + keep.within, c.wrapped or c.wrap_until or c.ended) end
  gone = math.max(gone, c.ended + transcript_ms(c, keep.rules))
  if gone < c.linger_until then
    c.linger_until = gone
    due("l", c.id, gone)
  end
end

local function keep_ended(c)
  redis.call("ZADD", KEEP, now, c.id)
  cut_linger(c)
end

local function keep_wrapped(c)
  c.wrapped = now
  keep_ended(c)
end
