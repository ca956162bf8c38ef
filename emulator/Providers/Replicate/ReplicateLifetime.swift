/// How long a prediction may take before Replicate stops it, as the header `Cancel-After` says it: `90`, `90s`, `1h30m45s`
/// (https://replicate.com/docs/topics/predictions/lifecycle).
struct ReplicateLifetime: Sendable, Hashable {
    let seconds: Double

    /// Reads the header; nil without one.
    ///
    /// - Throws: ``ReplicateProblem`` with status 422 for what is no duration, or is shorter than five seconds.
    init?(_ header: String?) throws {
        guard let header else { return nil }
        guard let seconds = Self.seconds(header[...]), seconds >= 5 else {
            throw ReplicateProblem.invalid([
                ("Cancel-After", "must be a duration of 5 seconds or more, such as 30s, 1m or 1h30m")
            ])
        }
        self.seconds = seconds
    }

    private static func seconds(_ text: Substring) -> Double? {
        var (sum, rest, units) = (0.0, text, "hms"[...])
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            // Six digits are a century of hours.
            guard (1...6).contains(digits.count), let amount = Double(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.popFirst() ?? "s"
            // Each unit once, the larger before the smaller.
            guard let place = units.firstIndex(of: unit) else { return nil }
            units = units[units.index(after: place)...]
            sum += amount * (unit == "h" ? 3600 : unit == "m" ? 60 : 1)
        }
        return sum
    }
}
