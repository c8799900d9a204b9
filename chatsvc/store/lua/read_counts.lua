-- Reads the counts of today and those of a month at one instant, so that none is missed or read twice on its way.
-- KEYS: 1 `count` of the pool (hash), 2 the month's counts (hash)
-- Returns two arrays of fields and values.
return { redis.call("HGETALL", KEYS[1]), redis.call("HGETALL", KEYS[2]) }
