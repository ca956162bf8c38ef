import NIOHTTP1

extension AzureCall {
    /// What a lease request wants done, and what it is answered.
    private struct LeaseAction: Sendable {
        let action: String
        let id: String
        let proposed: String?
        let duration: Int64
        let period: Int64?

        /// The status, and the header that goes with it.
        func perform(_ lease: inout Lease, _ now: Int64) throws -> (Int, String, String) {
            switch action {
            case "acquire":
                try lease.acquire(proposed ?? Lease.newID(), duration: duration, now)
                return (201, "x-ms-lease-id", lease.currentID ?? "")
            case "renew":
                try lease.renew(id, now)
                return (200, "x-ms-lease-id", id)
            case "change":
                guard let proposed else { throw AzureError.missingHeader("x-ms-proposed-lease-id") }
                try lease.change(id, to: proposed, now)
                return (200, "x-ms-lease-id", proposed)
            case "release":
                try lease.release(id)
                return (200, "", "")
            case "break": return (202, "x-ms-lease-time", String(try lease.breakLease(after: period, now)))
            default: throw AzureError.invalidHeader("x-ms-lease-action", action)
            }
        }
    }

    private func leaseAction() throws -> LeaseAction {
        guard let action = request.header("x-ms-lease-action")?.lowercased() else {
            throw AzureError.missingHeader("x-ms-lease-action")
        }
        for name in ["x-ms-lease-id", "x-ms-proposed-lease-id"] {
            if let id = request.header(name), Lease.canonicalID(id) == nil {
                throw AzureError.invalidHeader(name, id)
            }
        }
        let duration = request.header("x-ms-lease-duration")
        if action == "acquire" {
            guard let duration else { throw AzureError.missingHeader("x-ms-lease-duration") }
            guard let seconds = Int64(duration), seconds == -1 || (15...60).contains(seconds) else {
                throw AzureError.invalidHeader("x-ms-lease-duration", duration)
            }
        } else if ["renew", "change", "release"].contains(action), !request.headers.contains(name: "x-ms-lease-id") {
            throw AzureError.missingHeader("x-ms-lease-id")
        }
        let period = try numberHeader("x-ms-lease-break-period")
        if let period, period > 60 { throw AzureError.invalidHeader("x-ms-lease-break-period", String(period)) }
        return LeaseAction(
            action: action, id: leaseID ?? "",
            proposed: request.header("x-ms-proposed-lease-id").flatMap(Lease.canonicalID),
            duration: duration.flatMap { Int64($0) } ?? -1, period: period)
    }

    func leaseBlob() async throws -> HTTPReply {
        let action = try leaseAction()
        let call = try detached()
        let (record, status, name, value) = try await store.write { transaction in
            let container = try call.find(transaction)
            guard var record = try transaction.object(container.id, call.blob) else { throw AzureError.blobNotFound }
            try call.conditions.check(record, isRead: false)
            var lease = Lease(record.fields)
            let (status, name, value) = try action.perform(&lease, transaction.now)
            lease.store(in: &record.fields)
            try transaction.update(record)
            return (record, status, name, value)
        }
        var reply = written(record, status: status)
        reply.headers.remove(name: "x-ms-request-server-encrypted")
        if !name.isEmpty { reply.headers.add(name: name, value: value) }
        return reply
    }

    func leaseContainer() async throws -> HTTPReply {
        let action = try leaseAction()
        let call = try detached()
        let (container, status, name, value) = try await store.write { transaction in
            var container = try call.find(transaction)
            try call.conditions.check(etag: container.azureETag, modified: container.modified, isRead: false)
            var lease = Lease(container.fields)
            let (status, name, value) = try action.perform(&lease, transaction.now)
            lease.store(in: &container.fields)
            try transaction.update(container)
            return (container, status, name, value)
        }
        var reply = written(container, status: status)
        if !name.isEmpty { reply.headers.add(name: name, value: value) }
        return reply
    }
}
