internal import FoundationEssentials
internal import FunctionRuntime
internal import HTTPClient
internal import JSON

/// Keys that a provider publishes, kept for a while (`KeySchedule`).
actor FetchedKeys<Key: Sendable> {
    private let client: HTTPClient
    private let request: HTTPClient.Request
    private let read: @Sendable (JSON) -> [Key]
    private var keys: [Key] = []
    private var schedule = KeySchedule()

    /// Bytes of the document that holds them.
    private static var largest: Int { 256 << 10 }

    /// - Parameters:
    ///   - request: what is asked for them.
    ///   - read: finds them in the answer; none is an answer that cannot be used.
    init(_ client: HTTPClient, _ request: HTTPClient.Request, read: @escaping @Sendable (JSON) -> [Key]) {
        self.client = client
        self.request = request
        self.read = read
    }

    /// The keys as far as they are known; fetched when they are not, or no longer.
    ///
    /// - Throws: `Failure.unavailable` while there are none.
    func current(now: Date) async throws -> [Key] {
        if schedule.isFresh(at: now) { return keys }
        if schedule.mayFetch(at: now) { try await fetch(at: now) }
        guard schedule.isFresh(at: now) else { throw Failure.unavailable("the provider's keys cannot be fetched now") }
        return keys
    }

    /// The keys after another look, because those that are known did not fit; nil when there has just been one.
    func renewed(now: Date) async throws -> [Key]? {
        guard schedule.mayFetch(at: now) else { return nil }
        try await fetch(at: now)
        return keys
    }

    private func fetch(at now: Date) async throws {
        schedule.began(at: now)
        let response: HTTPClient.Response
        let document: JSON
        do {
            response = try await client.execute(request)
            document = try JSON(parsing: try await response.body.collect(upTo: Self.largest))
        } catch {
            throw Failure.unavailable("the provider's keys cannot be fetched now")
        }
        let found = response.isSuccess ? read(document) : []
        guard !found.isEmpty else {
            throw Failure.unavailable("the provider answered with no keys (status \(response.status))")
        }
        keys = found
        schedule.succeeded(at: now)
    }
}
