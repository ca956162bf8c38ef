import NIOCore
import NIOHTTP1
import XML

/// What keeps a blob as it is: a retention period, unlocked or locked, and a legal hold
/// (https://learn.microsoft.com/azure/storage/blobs/immutable-storage-overview).
///
/// They stand in the same fields as the S3 dialect's object lock: an unlocked policy is its governance mode, a locked one
/// its compliance mode. Azure allows them in containers that were made for it at the management endpoint; here, in all.
struct BlobImmutability {
    private static let modes = ["unlocked": "GOVERNANCE", "locked": "COMPLIANCE"]

    let lock: ObjectLock

    init(_ record: ObjectRecord) { lock = ObjectLock(record.fields) }

    /// `unlocked` or `locked`.
    var mode: String? { Self.modes.first { $0.value == lock.mode }?.key }

    /// Refuses to change or delete a blob that is kept.
    func allowChange(_ now: Int64) throws(AzureError) {
        if lock.isHeld {
            throw AzureError(
                409, "BlobImmutableDueToLegalHold",
                "This operation is not permitted as the blob is immutable due to one or more legal holds.")
        }
        if lock.isRetained(now) { throw Self.dueToPolicy }
    }

    static let dueToPolicy = AzureError(
        409, "BlobImmutableDueToPolicy", "This operation is not permitted as the blob is immutable due to a policy.")

    /// What the headers of an upload or of Set Blob Immutability Policy say.
    static func fields(_ request: HTTPRequest) throws(AzureError) -> FieldList {
        var fields = FieldList()
        let (until, mode) = (
            request.header("x-ms-immutability-policy-until-date"), request.header("x-ms-immutability-policy-mode")
        )
        if let until {
            guard let moment = HTTPDate.parseRFC1123(until) else {
                throw .invalidHeader("x-ms-immutability-policy-until-date", until)
            }
            guard let known = modes[(mode ?? "unlocked").lowercased()] else {
                throw .invalidHeader("x-ms-immutability-policy-mode", mode ?? "")
            }
            (fields["lock-mode"], fields["lock-until"]) = (known, String(moment))
        } else if mode != nil {
            throw .missingHeader("x-ms-immutability-policy-until-date")
        }
        if let hold = request.header("x-ms-legal-hold")?.lowercased() {
            guard hold == "true" || hold == "false" else { throw .invalidHeader("x-ms-legal-hold", hold) }
            fields["legal-hold"] = hold == "true" ? "ON" : "OFF"
        }
        return fields
    }

    func show(in headers: inout HTTPHeaders) {
        if let mode {
            headers.add(name: "x-ms-immutability-policy-until-date", value: HTTPDate.rfc1123(lock.until))
            headers.add(name: "x-ms-immutability-policy-mode", value: mode)
        }
        if lock.isHeld { headers.add(name: "x-ms-legal-hold", value: "true") }
    }

    func write(_ includes: Set<String>, _ xml: inout XMLWriter) {
        if includes.contains("immutabilitypolicy"), let mode {
            xml.element("ImmutabilityPolicyUntilDate", HTTPDate.rfc1123(lock.until))
            xml.element("ImmutabilityPolicyMode", mode)
        }
        if includes.contains("legalhold"), lock.isHeld { xml.element("LegalHold", "true") }
    }
}

extension AzureCall {
    func setImmutabilityPolicy() async throws -> HTTPReply {
        let given = try BlobImmutability.fields(request)
        guard let mode = given["lock-mode"], let until = given["lock-until"].flatMap({ Int64($0) }) else {
            throw AzureError.missingHeader("x-ms-immutability-policy-until-date")
        }
        guard until > Clock.milliseconds() else {
            throw AzureError.invalidHeader("x-ms-immutability-policy-until-date", HTTPDate.rfc1123(until))
        }
        let record = try await change(touches: false, guarded: false) { record, _ in
            // A locked policy may be made longer; nothing else.
            let current = ObjectLock(record.fields)
            if current.mode == "COMPLIANCE", mode != "COMPLIANCE" || until < current.until {
                throw BlobImmutability.dueToPolicy
            }
            (record.fields["lock-mode"], record.fields["lock-until"]) = (mode, String(until))
        }
        var reply = HTTPReply(200)
        BlobImmutability(record).show(in: &reply.headers)
        return reply
    }

    func deleteImmutabilityPolicy() async throws -> HTTPReply {
        _ = try await change(touches: false, guarded: false) { record, transaction in
            let current = ObjectLock(record.fields)
            if current.mode == "COMPLIANCE", current.isRetained(transaction.now) { throw BlobImmutability.dueToPolicy }
            (record.fields["lock-mode"], record.fields["lock-until"]) = (nil, nil)
        }
        return HTTPReply(200)
    }

    func setLegalHold() async throws -> HTTPReply {
        guard let hold = try BlobImmutability.fields(request)["legal-hold"] else {
            throw AzureError.missingHeader("x-ms-legal-hold")
        }
        _ = try await change(touches: false, guarded: false) { record, _ in record.fields["legal-hold"] = hold }
        return HTTPReply(200, ["x-ms-legal-hold": hold == "ON" ? "true" : "false"])
    }
}
