-- Renews the lease of a node, or ends it. KEYS: the leases of all nodes. ARGV: the node, how long its lease is to last (milliseconds; 0: it leaves), and how long
-- ended leases are remembered. Returns pairs: a node, and whether it is 'here', has 'left', or is 'lost', since its lease ended without its leaving.
local leases = KEYS[1]
local node, lasting, remembered = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
if lasting > 0 then
    redis.call('HSET', leases, node, now + lasting)
else
    redis.call('HSET', leases, node, 'left:' .. now)
end
redis.call('PEXPIRE', leases, remembered)
local nodes = {}
local fields = redis.call('HGETALL', leases)
for place = 1, #fields, 2 do
    local name, value = fields[place], fields[place + 1]
    local left = string.match(value, '^left:(%d+)$')
    local ended = tonumber(left or value)
    if ended + remembered < now then
        redis.call('HDEL', leases, name)
    else
        nodes[#nodes + 1] = name
        nodes[#nodes + 1] = left and 'left' or (ended > now and 'here' or 'lost')
    end
end
return nodes
