/// What all workers together may ask of one provider.
package struct ProviderLimits: Sendable, Hashable, CustomStringConvertible {
    /// Calls begun within any one second.
    package var perSecond: Int
    /// Calls begun within any one minute.
    package var perMinute: Int
    /// Calls under way at once.
    package var concurrency: Int

    package static let standard = ProviderLimits(perSecond: 5, perMinute: 100, concurrency: 10)

    package init(perSecond: Int, perMinute: Int, concurrency: Int) {
        self.perSecond = perSecond
        self.perMinute = perMinute
        self.concurrency = concurrency
    }

    /// As it is configured: `5/s 100/min 10`.
    package var description: String { "\(perSecond)/s \(perMinute)/min \(concurrency)" }

    /// Reads `5/s 100/min 10` in any order; what is not named is as in `standard`. Nil when it is not of that form.
    init?(_ text: some StringProtocol) {
        self = .standard
        let words = text.split(separator: " ")
        if words.isEmpty { return nil }
        for word in words {
            let parts = word.split(separator: "/", omittingEmptySubsequences: false)
            guard let number = Int(parts[0]), (1...1_000_000).contains(number), parts.count <= 2 else { return nil }
            switch parts.count == 2 ? parts[1] : "" {
            case "s": perSecond = number
            case "min": perMinute = number
            case "" where parts.count == 1: concurrency = number
            default: return nil
            }
        }
    }

    /// This limit's share for one of several workers that cannot agree with each other; at least one of each.
    func share(of workers: Int) -> ProviderLimits {
        let workers = max(workers, 1)
        return ProviderLimits(
            perSecond: max(perSecond / workers, 1), perMinute: max(perMinute / workers, 1),
            concurrency: max(concurrency / workers, 1))
    }
}
