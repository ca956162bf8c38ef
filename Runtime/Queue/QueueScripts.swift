internal import Redis

/// What has to happen all at once or not at all. `functions` is the consumer group of every queue.
enum QueueScripts {
    /// Functions that several scripts begin with.
    static let prelude = """
        local function fields(list)
          local named = {}
          for i = 1, #list, 2 do named[list[i]] = list[i + 1] end
          return named
        end

        -- The fields of an entry, if this consumer still holds the lease it was given.
        local function held(stream, id, consumer, deliveries)
          local pending = redis.pcall('XPENDING', stream, 'functions', id, id, 1)
          if pending.err or #pending == 0 then return nil end
          if pending[1][2] ~= consumer or pending[1][4] ~= tonumber(deliveries) then return nil end
          local entries = redis.call('XRANGE', stream, id, id)
          if #entries == 0 then return nil end
          return fields(entries[1][2])
        end

        local function finish(stream, id)
          redis.call('XACK', stream, 'functions', id)
          redis.call('XDEL', stream, id)
        end

        local function add(stream, message, attempt)
          local list = { 'body', message.body or '', 'id', message.id or '', 'enqueued', message.enqueued or '0',
            'attempt', attempt }
          for _, name in ipairs({ 'expires', 'receipt' }) do
            if message[name] then
              list[#list + 1] = name
              list[#list + 1] = message[name]
            end
          end
          return redis.call('XADD', stream, '*', unpack(list))
        end

        local function postpone(delayed, due, message, attempt, priority)
          redis.call('ZADD', delayed, due, cjson.encode({
            id = message.id or '', body = message.body or '', enqueued = tostring(message.enqueued or 0),
            attempt = tostring(attempt), priority = priority, expires = message.expires,
            receipt = message.receipt }))
        end

        """

    /// KEYS: stream, delayed, seen. ARGV: id, body, now, priority, due ("" = at once), window in ms ("" = none).
    /// Replies 1, or 0 when a message of that id was published within the window.
    static let publish = RedisScript(
        prelude + """
            if ARGV[6] ~= '' and not redis.call('SET', KEYS[3], '1', 'NX', 'PX', ARGV[6]) then return 0 end
            local message = { id = ARGV[1], body = ARGV[2], enqueued = ARGV[3] }
            if ARGV[5] == '' then add(KEYS[1], message, '0') else postpone(KEYS[2], ARGV[5], message, '0', ARGV[4]) end
            return 1
            """)

    /// KEYS: the three streams, turn. ARGV: consumer, how many, ageing in ms, every how many-th goes to an aged one.
    /// Replies a list of {stream index, entry, fields}.
    static let take = RedisScript(
        prelude + """
            local taken, wanted = {}, tonumber(ARGV[2])

            local function read(index, count)
              if count <= 0 then return end
              local function once(call)
                return call('XREADGROUP', 'GROUP', 'functions', ARGV[1], 'COUNT', count, 'STREAMS', KEYS[index], '>')
              end
              local reply = once(redis.pcall)
              if reply and reply.err then
                if not string.find(reply.err, 'NOGROUP', 1, true) then error(reply.err) end
                redis.call('XGROUP', 'CREATE', KEYS[index], 'functions', '0', 'MKSTREAM')
                reply = once(redis.call)
              end
              if not reply then return end
              for _, entry in ipairs(reply[1][2]) do taken[#taken + 1] = { index, entry[1], entry[2] } end
            end

            -- When the oldest message that nobody took was added, in ms; nil when there is none.
            local function since(index)
              local groups = redis.pcall('XINFO', 'GROUPS', KEYS[index])
              if groups.err then return nil end
              local last = groups[1] and fields(groups[1])['last-delivered-id'] or '0-0'
              local entries = redis.call('XRANGE', KEYS[index], '(' .. last, '+', 'COUNT', 1)
              return entries[1] and tonumber(string.match(entries[1][1], '^%d+'))
            end

            local turn, every = redis.call('INCRBY', KEYS[4], wanted), tonumber(ARGV[4])
            local share = math.floor(turn / every) - math.floor((turn - wanted) / every)
            if share > 0 then
              local time = redis.call('TIME')
              local aged = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) - tonumber(ARGV[3])
              for _ = 1, share do
                local normal, low = since(2), since(3)
                if low and low <= aged and (not normal or low <= normal) then
                  read(3, 1)
                elseif normal and normal <= aged then
                  read(2, 1)
                else
                  break
                end
              end
            end
            for index = 1, 3 do read(index, wanted - #taken) end
            return taken
            """)

    /// KEYS: the three streams. ARGV: consumer, idle in ms, how many, idle in ms after which a consumer is forgotten.
    /// Replies a list of {stream index, entry, fields, deliveries}.
    static let reclaim = RedisScript(
        prelude + """
            local taken, wanted = {}, tonumber(ARGV[3])
            for index = 1, 3 do
              local pending = {}
              if wanted > #taken then
                pending = redis.pcall('XPENDING', KEYS[index], 'functions', 'IDLE', ARGV[2], '-', '+', wanted - #taken)
              end
              if pending.err and not string.find(pending.err, 'NOGROUP', 1, true) then error(pending.err) end
              for _, lost in ipairs(pending) do
                local entries = redis.call('XCLAIM', KEYS[index], 'functions', ARGV[1], ARGV[2], lost[1])
                if entries[1] then
                  taken[#taken + 1] = { index, entries[1][1], entries[1][2], lost[4] + 1 }
                end
              end
              local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[index], 'functions')
              for _, list in ipairs(consumers) do
                local consumer = fields(list)
                if consumer.pending == 0 and consumer.idle > tonumber(ARGV[4]) then
                  redis.call('XGROUP', 'DELCONSUMER', KEYS[index], 'functions', consumer.name)
                end
              end
            end
            return taken
            """)

    /// KEYS: stream. ARGV: consumer, then entry and deliveries by turns. Replies the entries whose lease was renewed.
    static let extend = RedisScript(
        prelude + """
            local renewed = {}
            for i = 2, #ARGV, 2 do
              if held(KEYS[1], ARGV[i], ARGV[1], ARGV[i + 1]) then
                redis.call('XCLAIM', KEYS[1], 'functions', ARGV[1], 0, ARGV[i], 'JUSTID')
                renewed[#renewed + 1] = ARGV[i]
              end
            end
            return renewed
            """)

    /// KEYS: stream. ARGV: entry. Replies 1, or 0 when the message was finished before.
    static let acknowledge = RedisScript(
        """
        local acknowledged = redis.pcall('XACK', KEYS[1], 'functions', ARGV[1])
        redis.call('XDEL', KEYS[1], ARGV[1])
        return type(acknowledged) == 'number' and acknowledged or 0
        """)

    /// KEYS: stream, delayed. ARGV: consumer, entry, deliveries, attempts made, due, priority. Replies 1, or 0 when
    /// the lease was lost.
    static let retry = RedisScript(
        prelude + """
            local message = held(KEYS[1], ARGV[2], ARGV[1], ARGV[3])
            if not message then return 0 end
            finish(KEYS[1], ARGV[2])
            message.receipt = nil
            postpone(KEYS[2], ARGV[5], message, ARGV[4], ARGV[6])
            return 1
            """)

    /// KEYS: stream. ARGV: consumer, entry, deliveries. The entry counts as abandoned for a day and as not delivered.
    static let release = RedisScript(
        prelude + """
            if not held(KEYS[1], ARGV[2], ARGV[1], ARGV[3]) then return 0 end
            redis.call('XCLAIM', KEYS[1], 'functions', ARGV[1], 0, ARGV[2], 'IDLE', 86400000,
              'RETRYCOUNT', tonumber(ARGV[3]) - 1, 'JUSTID')
            return 1
            """)

    /// KEYS: stream, dead. ARGV: consumer, entry, deliveries, attempts made, reason, now, priority.
    static let kill = RedisScript(
        prelude + """
            local message = held(KEYS[1], ARGV[2], ARGV[1], ARGV[3])
            if not message then return 0 end
            finish(KEYS[1], ARGV[2])
            redis.call('XADD', KEYS[2], '*', 'body', message.body or '', 'id', message.id or '',
              'enqueued', message.enqueued or '0', 'attempts', ARGV[4], 'reason', ARGV[5], 'died', ARGV[6],
              'priority', ARGV[7])
            return 1
            """)

    /// KEYS: delayed, the three streams. ARGV: now, how many at most. Replies {how many, when the next is due or -1}.
    static let promote = RedisScript(
        prelude + """
            local streams = { high = KEYS[2], normal = KEYS[3], low = KEYS[4] }
            local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
            for _, member in ipairs(due) do
              local message = cjson.decode(member)
              add(streams[message.priority] or KEYS[3], message, message.attempt)
              redis.call('ZREM', KEYS[1], member)
            end
            local rest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
            return { #due, rest[2] and tonumber(rest[2]) or -1 }
            """)

    /// KEYS: the three streams, delayed, dead. Replies {ready ×3, leased, delayed, dead, oldest age in ms or -1}.
    static let depth = RedisScript(
        prelude + """
            local result, leased, oldest = {}, 0, nil
            for index = 1, 3 do
              local length, last = redis.call('XLEN', KEYS[index]), '0-0'
              local groups = redis.pcall('XINFO', 'GROUPS', KEYS[index])
              if not groups.err and groups[1] then
                local group = fields(groups[1])
                leased = leased + group.pending
                length = length - group.pending
                last = group['last-delivered-id']
              end
              result[index] = math.max(length, 0)
              local entries = redis.call('XRANGE', KEYS[index], '(' .. last, '+', 'COUNT', 1)
              local since = entries[1] and tonumber(string.match(entries[1][1], '^%d+'))
              if since and (not oldest or since < oldest) then oldest = since end
            end
            local time, age = redis.call('TIME'), -1
            if oldest then
              age = math.max(0, tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) - oldest)
            end
            result[4], result[5], result[6], result[7] =
              leased, redis.call('ZCARD', KEYS[4]), redis.call('XLEN', KEYS[5]), age
            return result
            """)

    /// KEYS: dead, the three streams. ARGV: entries. Replies how many went back to the queue, with attempts anew.
    static let redrive = RedisScript(
        prelude + """
            local streams, moved = { high = KEYS[2], normal = KEYS[3], low = KEYS[4] }, 0
            for _, id in ipairs(ARGV) do
              local entries = redis.call('XRANGE', KEYS[1], id, id)
              if entries[1] then
                local message = fields(entries[1][2])
                add(streams[message.priority] or KEYS[3], message, '0')
                redis.call('XDEL', KEYS[1], id)
                moved = moved + 1
              end
            end
            return moved
            """)
}
