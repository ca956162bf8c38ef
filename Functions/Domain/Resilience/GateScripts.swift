internal import Redis

/// What all workers agree on in Redis, one script for each step. Times are microseconds of Redis' own clock, so that workers need not
/// agree on the time; a test may hand in its own (`ARGV[1]`, empty for Redis').
///
/// KEYS are those of `GateKeys`: state (a hash: the breaker, the hold, the pause), calls (a sorted set: permits by when they run out),
/// starts (a list: when the latest calls began, the latest first), workers (a sorted set: who has asked lately).
enum GateScripts {
    private static let prelude = """
        local now = tonumber(ARGV[1])
        if not now then
          local time = redis.call('TIME')
          now = time[1] * 1000000 + time[2]
        end
        local function whole(number) return string.format('%.0f', number) end
        local function field(name) return tonumber(redis.call('HGET', KEYS[1], name)) end

        """

    /// ARGV: now, permit, worker, calls a second, calls a minute, calls at once, permit's life, longest wait for a place in the
    /// windows, wait beside a probe, how long a pause is taken for. Replies {answer, microseconds, workers}: `go` after so long
    /// (the place is taken), `wait` so long, `full` (the first permit runs out after so long), `open` for so long.
    static let admit = RedisScript(
        prelude + """
            redis.call('ZADD', KEYS[4], whole(now + 60000000), ARGV[3])
            redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', whole(now))
            redis.call('PEXPIRE', KEYS[4], 120000)
            local workers = redis.call('ZCARD', KEYS[4])
            local function answer(what, time) return { what, whole(math.max(0, time)), workers } end

            if redis.call('HEXISTS', KEYS[1], 'paused') == 1 then return answer('open', tonumber(ARGV[10])) end
            local open, probes = field('open'), false
            if open then
              if now < open then return answer('open', open - now) end
              local probe = field('probe until')
              if probe and now < probe then return answer('open', math.min(probe - now, tonumber(ARGV[9]))) end
              probes = true
            end
            local held = field('held') or 0
            if now < held then return answer('wait', held - now) end

            redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', whole(now))
            if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[6]) then
              local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
              return answer('full', tonumber(first[2]) - now)
            end

            local start = now
            local function earliest(limit, window)
              local nth = tonumber(redis.call('LINDEX', KEYS[3], limit - 1))
              if nth then start = math.max(start, nth + window) end
            end
            earliest(tonumber(ARGV[4]), 1000000)
            earliest(tonumber(ARGV[5]), 60000000)
            if start - now > tonumber(ARGV[8]) then return answer('wait', start - now) end

            redis.call('LPUSH', KEYS[3], whole(start))
            redis.call('LTRIM', KEYS[3], 0, math.max(tonumber(ARGV[4]), tonumber(ARGV[5])) - 1)
            redis.call('PEXPIRE', KEYS[3], 120000)
            local ends = whole(start + tonumber(ARGV[7]))
            redis.call('ZADD', KEYS[2], ends, ARGV[2])
            redis.call('PEXPIRE', KEYS[2], 3600000)
            if probes then redis.call('HSET', KEYS[1], 'probe', ARGV[2], 'probe until', ends) end
            return answer('go', start - now)
            """)

    /// ARGV: now, permit, permit's life. Holds it for another life; one that Redis has forgotten is there again.
    static let renew = RedisScript(
        prelude + """
            local ends = whole(now + tonumber(ARGV[3]))
            redis.call('ZADD', KEYS[2], ends, ARGV[2])
            redis.call('PEXPIRE', KEYS[2], 3600000)
            if redis.call('HGET', KEYS[1], 'probe') == ARGV[2] then
              redis.call('HSET', KEYS[1], 'probe until', ends)
            end
            """)

    /// ARGV: now, permit, outcome (`well`, `unwell`, `limited`, `untold`), wait asked for, calls at once, window, parts, failures,
    /// share in millionths, pause, longest pause, channel, message. Replies what became of the breaker: `opened`, `closed` or `as
    /// before`. Whoever waits for a place hears the message.
    static let finish = RedisScript(
        prelude + """
            local full = redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[5])
            redis.call('ZREM', KEYS[2], ARGV[2])
            if full then redis.call('PUBLISH', ARGV[12], ARGV[13]) end

            local outcome = ARGV[3]
            if outcome == 'limited' then
              local held = math.max(field('held') or 0, now + tonumber(ARGV[4]))
              redis.call('HSET', KEYS[1], 'held', whole(held))
            end

            local function forget()
              for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
                if string.find(name, 'well ', 1, true) then redis.call('HDEL', KEYS[1], name) end
              end
            end
            local function open()
              local openings = redis.call('HINCRBY', KEYS[1], 'openings', 1)
              local pause = math.min(tonumber(ARGV[11]), tonumber(ARGV[10]) * 2 ^ math.min(openings - 1, 20))
              redis.call('HSET', KEYS[1], 'open', whole(now + pause))
              forget()
              return 'opened'
            end

            if field('open') then
              if redis.call('HGET', KEYS[1], 'probe') ~= ARGV[2] then return 'as before' end
              redis.call('HDEL', KEYS[1], 'probe', 'probe until')
              if outcome == 'unwell' then return open() end
              if outcome == 'untold' then return 'as before' end
              redis.call('HDEL', KEYS[1], 'open', 'openings')
              redis.call('PUBLISH', ARGV[12], ARGV[13])
              return 'closed'
            end
            if outcome ~= 'well' and outcome ~= 'unwell' then return 'as before' end

            local parts = tonumber(ARGV[7])
            local current = math.floor(now / (tonumber(ARGV[6]) / parts))
            redis.call('HINCRBY', KEYS[1], outcome .. ' ' .. whole(current), 1)
            local sums = { well = 0, unwell = 0 }
            local state = redis.call('HGETALL', KEYS[1])
            for i = 1, #state, 2 do
              local kind, part = string.match(state[i], '^(u?n?well) (%d+)$')
              if kind and tonumber(part) <= current - parts then
                redis.call('HDEL', KEYS[1], state[i])
              elseif kind then
                sums[kind] = sums[kind] + tonumber(state[i + 1])
              end
            end
            local all = sums.well + sums.unwell
            if outcome == 'unwell' and sums.unwell >= tonumber(ARGV[8])
              and sums.unwell * 1000000 >= tonumber(ARGV[9]) * all then return open() end
            return 'as before'
            """)

    /// ARGV: now, window, parts. Replies {phase, microseconds until it may change, permits given, calls that went well, that went wrong, held for}.
    static let state = RedisScript(
        prelude + """
            local parts = tonumber(ARGV[3])
            local oldest = math.floor(now / (tonumber(ARGV[2]) / parts)) - parts
            local sums = { well = 0, unwell = 0 }
            local state = redis.call('HGETALL', KEYS[1])
            for i = 1, #state, 2 do
              local kind, part = string.match(state[i], '^(u?n?well) (%d+)$')
              if kind and tonumber(part) > oldest then sums[kind] = sums[kind] + tonumber(state[i + 1]) end
            end
            local open, held = field('open'), math.max(0, (field('held') or 0) - now)
            local phase, left = 'closed', 0
            if redis.call('HEXISTS', KEYS[1], 'paused') == 1 then
              phase = 'paused'
            elseif open and now < open then
              phase, left = 'open', open - now
            elseif open then
              phase = 'half-open'
            end
            local calls = redis.call('ZCOUNT', KEYS[2], whole(now), '+inf')
            return { phase, whole(left), calls, sums.well, sums.unwell, whole(held) }
            """)

    /// ARGV: now, `1` to pause or `0` to go on, channel, message.
    static let pause = RedisScript(
        prelude + """
            if ARGV[2] == '1' then
              redis.call('HSET', KEYS[1], 'paused', whole(now))
            else
              redis.call('HDEL', KEYS[1], 'paused')
              redis.call('PUBLISH', ARGV[3], ARGV[4])
            end
            """)
}

/// Where the state of one provider is in Redis; on one node of a cluster.
struct GateKeys: Sendable {
    let all: [String]

    init(_ provider: String) {
        all = ["state", "calls", "starts", "workers"].map { "provider:{\(provider)}:\($0)" }
    }
}
