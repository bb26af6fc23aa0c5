-- Notes watchers. KEYS: a key with the hash tag of presence. ARGV: the beginning of the keys of watched users, the time that it lasts (milliseconds), and pairs of
-- watcher and watched user.
local watched, lasting = ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
for place = 3, #ARGV, 2 do
    local key = watched .. ARGV[place + 1]
    redis.call('ZADD', key, now + lasting, ARGV[place])
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
    redis.call('PEXPIRE', key, lasting)
end
