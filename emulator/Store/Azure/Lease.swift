import Cryptography

/// A lease on a blob or a container, kept in its fields
/// (https://learn.microsoft.com/rest/api/storageservices/lease-blob).
struct Lease: Sendable {
    enum State: String, Sendable { case available, leased, expired, breaking, broken }
    enum Subject: String, Sendable { case blob = "Blob", container = "Container" }

    private var id: String?
    /// Seconds; -1: for ever.
    private var duration: Int64 = -1
    /// Milliseconds since 1970; nil: never.
    private var expiry: Int64?
    private var breakTime: Int64?

    init(_ fields: FieldList) {
        id = fields["lease-id"]
        duration = fields["lease-duration"].flatMap { Int64($0) } ?? -1
        expiry = fields["lease-expiry"].flatMap { Int64($0) }
        breakTime = fields["lease-break"].flatMap { Int64($0) }
    }

    func store(in fields: inout FieldList) {
        fields["lease-id"] = id
        fields["lease-duration"] = id.map { _ in String(duration) }
        fields["lease-expiry"] = expiry.map(String.init)
        fields["lease-break"] = breakTime.map(String.init)
    }

    func state(_ now: Int64 = Clock.milliseconds()) -> State {
        guard id != nil else { return .available }
        if let breakTime { return now < breakTime ? .breaking : .broken }
        if let expiry, now >= expiry { return .expired }
        return .leased
    }

    var isLocked: Bool { state() == .leased || state() == .breaking }
    /// `infinite` or `fixed`; nil while it is not leased.
    var durationName: String? { state() == .leased ? (duration < 0 ? "infinite" : "fixed") : nil }

    /// Whether somebody who names this lease, or none, may write.
    func allowWrite(_ given: String?, _ subject: Subject) throws(AzureError) {
        guard isLocked else {
            if given != nil { throw missing(given, subject) }
            return
        }
        guard let given else {
            throw AzureError(
                412, "LeaseIdMissing",
                "There is currently a lease on the \(subject.rawValue.lowercased()) and no lease ID was "
                    + "specified in the request."
            )
        }
        if given != id { throw Self.mismatch(subject) }
    }

    /// Whether somebody who names this lease may read; naming none is always right.
    func allowRead(_ given: String?, _ subject: Subject) throws(AzureError) {
        guard let given else { return }
        guard isLocked else { throw missing(given, subject) }
        if given != id { throw Self.mismatch(subject) }
    }

    /// What is wrong with a lease that is named where there is none, or none any more.
    private func missing(_ given: String?, _ subject: Subject) -> AzureError {
        guard id != nil, given == id else { return Self.notPresent(subject) }
        return AzureError(
            412, "LeaseLost",
            "A lease ID was specified, but the lease for the \(subject.rawValue.lowercased()) has expired.")
    }

    /// An id as Azure writes it: 32 hexadecimal digits in groups; nil for what is none.
    static func canonicalID(_ text: String) -> String? {
        let digits = text.filter { !"-{}()".contains($0) }.lowercased()
        guard digits.utf8.count == 32, Hex.decode(digits) != nil else { return nil }
        var (parts, rest) = ([Substring](), digits[...])
        for length in [8, 4, 4, 4, 12] {
            parts.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return parts.joined(separator: "-")
    }

    static func newID() -> String { canonicalID(Hex.encode(SecureRandom.bytes(16))) ?? "" }

    private static func notPresent(_ subject: Subject) -> AzureError {
        AzureError(
            412, "LeaseNotPresentWith\(subject.rawValue)Operation",
            "There is currently no lease on the \(subject.rawValue.lowercased()).")
    }

    private static func mismatch(_ subject: Subject) -> AzureError {
        AzureError(
            412, "LeaseIdMismatchWith\(subject.rawValue)Operation",
            "The lease ID specified did not match the lease ID for the \(subject.rawValue.lowercased()).")
    }

    private static let mismatchWithLease = AzureError(
        409, "LeaseIdMismatchWithLeaseOperation",
        "The lease ID specified did not match the lease ID for the "
            + "resource.")

    // MARK: Actions

    mutating func acquire(_ proposed: String, duration: Int64, _ now: Int64) throws(AzureError) {
        switch state(now) {
        case .leased where id != proposed:
            throw AzureError(409, "LeaseAlreadyPresent", "There is already a lease present.")
        case .breaking:
            throw id == proposed
                ? AzureError(
                    409, "LeaseIsBreakingAndCannotBeAcquired",
                    "The lease ID matched, but the lease is currently in breaking state and cannot be acquired "
                        + "until it is broken."
                )
                : AzureError(409, "LeaseAlreadyPresent", "There is already a lease present.")
        default: break
        }
        (id, self.duration, breakTime) = (proposed, duration, nil)
        expiry = duration < 0 ? nil : now + duration * 1000
    }

    mutating func renew(_ given: String, _ now: Int64) throws(AzureError) {
        guard id == given else { throw Self.mismatchWithLease }
        if breakTime != nil {
            throw AzureError(
                409, "LeaseIsBrokenAndCannotBeRenewed",
                "The lease ID matched, but the lease has been broken explicitly and cannot be renewed.")
        }
        expiry = duration < 0 ? nil : now + duration * 1000
    }

    mutating func change(_ given: String, to proposed: String, _ now: Int64) throws(AzureError) {
        switch state(now) {
        case .available, .expired, .broken:
            throw AzureError(409, "LeaseNotPresentWithLeaseOperation", "There is currently no lease on the resource.")
        case .breaking:
            throw id == given
                ? AzureError(
                    409, "LeaseIsBreakingAndCannotBeChanged",
                    "The lease ID matched, but the lease is currently in breaking state and cannot be changed.")
                : Self.mismatchWithLease
        case .leased:
            guard id == given || id == proposed else { throw Self.mismatchWithLease }
            id = proposed
        }
    }

    mutating func release(_ given: String) throws(AzureError) {
        guard id != nil else {
            throw AzureError(409, "LeaseNotPresentWithLeaseOperation", "There is currently no lease on the resource.")
        }
        guard id == given else { throw Self.mismatchWithLease }
        self = Lease(FieldList())
    }

    /// Breaks the lease; how many seconds it still holds.
    mutating func breakLease(after period: Int64?, _ now: Int64) throws(AzureError) -> Int64 {
        guard id != nil else {
            throw AzureError(409, "LeaseNotPresentWithLeaseOperation", "There is currently no lease on the resource.")
        }
        let remaining: Int64
        switch state(now) {
        case .leased: remaining = expiry.map { ($0 - now + 999) / 1000 } ?? (period ?? 0)
        case .breaking: remaining = breakTime.map { ($0 - now + 999) / 1000 } ?? 0
        default: remaining = 0
        }
        let wait = min(remaining, period ?? remaining)
        if state(now) != .broken { breakTime = now + wait * 1000 }
        return wait
    }

    var currentID: String? { id }
}
