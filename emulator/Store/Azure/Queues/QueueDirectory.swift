import JSON
import Queue
import Redis

/// What is known of queues beside their messages: which there are, their metadata and their stored access policies.
struct QueueDirectory: Sendable {
    let redis: Redis
    /// The names of the queues that functions listen to.
    let served: @Sendable () -> Set<String>

    /// A queue of an account.
    struct Entry: Sendable {
        var metadata: [(name: String, value: String)] = []
        /// Ids of stored access policies with `start|expiry|permissions`.
        var policies: [(name: String, value: String)] = []
    }

    /// The queue itself; those of the default account (`namespace` is empty) are the functions'.
    func queue(_ name: String, _ namespace: String) -> Queue {
        Queue(redis, Self.key(name, namespace), consumer: "azure")
    }

    /// - Returns: nil when there is no such queue. One that functions listen or publish to was never made, and is there.
    func entry(_ name: String, _ namespace: String) async throws -> Entry? {
        let fields = try await redis.send("HGETALL", Self.record(name, namespace)).expect(\.dictionary)
        if let metadata = fields["metadata"] {
            return Entry(metadata: Self.pairs(metadata), policies: fields["policies"].map(Self.pairs) ?? [])
        }
        if namespace.isEmpty, served().contains(name) { return Entry() }
        return try await queue(name, namespace).exists() ? Entry() : nil
    }

    /// Makes a queue unless it is there.
    /// - Returns: the one that is there; nil when there was none.
    func create(
        _ name: String, _ namespace: String, metadata: [(name: String, value: String)]
    ) async throws -> Entry? {
        if let entry = try await entry(name, namespace) { return entry }
        let made = try await redis.script(
            Self.creation, keys: [Self.record(name, namespace), Self.index(namespace)],
            arguments: [name, Self.text(metadata)])
        return made.integer == 1 ? nil : try await entry(name, namespace)
    }

    /// Changes the metadata or the policies of a queue.
    func set(
        _ field: String, _ name: String, _ namespace: String, _ pairs: [(name: String, value: String)]
    ) async throws {
        // One that was never made begins to be here.
        try await redis.script(
            Self.creation, keys: [Self.record(name, namespace), Self.index(namespace)],
            arguments: [name, Self.text([])])
        try await redis.send("HSET", Self.record(name, namespace), field, Self.text(pairs))
    }

    /// Removes a queue with everything in it.
    func delete(_ name: String, _ namespace: String) async throws {
        try await queue(name, namespace).clear()
        try await redis.send("ZREM", Self.index(namespace), name)
        try await redis.send("DEL", Self.record(name, namespace))
    }

    /// Removes what clients made, of every account; queues of functions keep their messages.
    func reset() async throws {
        var cursor = "0"
        repeat {
            let page = try await redis.send("SCAN", cursor, "MATCH", Self.index("") + "*", "COUNT", 1000).expect(
                \.array)
            cursor = page.first?.string ?? "0"
            for index in page.last?.array?.compactMap(\.string) ?? [] {
                let namespace = index == Self.index("") ? "" : String(index.dropFirst(Self.index("").count + 1))
                for name in try await redis.send("ZRANGE", index, 0, -1).expect(\.array).compactMap(\.string) {
                    if !(namespace.isEmpty && served().contains(name)) { try await queue(name, namespace).clear() }
                    try await redis.send("DEL", Self.record(name, namespace))
                }
                try await redis.send("DEL", index)
            }
        } while cursor != "0"
    }

    /// Names in their order from `marker` on.
    func names(_ namespace: String, prefix: String, from marker: String, limit: Int) async throws -> [String] {
        let first = marker.utf8.lexicographicallyPrecedes(prefix.utf8) ? prefix : marker
        let reply = try await redis.send(
            "ZRANGEBYLEX", Self.index(namespace), "[" + first, "[" + prefix + "\u{10FFFF}", "LIMIT", 0, limit)
        let made = try reply.expect(\.array).compactMap(\.string)
        let others = namespace.isEmpty ? served().filter { $0.hasPrefix(prefix) && $0 >= first } : []
        return Array(Set(made).union(others).sorted().prefix(limit))
    }

    private static let creation = RedisScript(
        """
        if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
        redis.call('HSET', KEYS[1], 'metadata', ARGV[2])
        redis.call('ZADD', KEYS[2], 0, ARGV[1])
        return 1
        """)

    private static func key(_ name: String, _ namespace: String) -> String {
        namespace.isEmpty ? name : "\(namespace)/\(name)"
    }

    private static func record(_ name: String, _ namespace: String) -> String {
        "queue:{\(key(name, namespace))}:azure"
    }

    private static func index(_ namespace: String) -> String {
        namespace.isEmpty ? "azure:queues" : "azure:queues:\(namespace)"
    }

    /// A list of names and values by turns, as Redis keeps it.
    private static func text(_ pairs: [(name: String, value: String)]) -> [UInt8] {
        JSON.array(pairs.flatMap { [JSON.string($0.name), .string($0.value)] }).serialized
    }

    private static func pairs(_ value: RedisValue) -> [(name: String, value: String)] {
        let list = (value.bytes.flatMap { try? JSON(parsing: $0) })?.array?.compactMap(\.string) ?? []
        return stride(from: 0, to: list.count - 1, by: 2).map { (list[$0], list[$0 + 1]) }
    }
}
