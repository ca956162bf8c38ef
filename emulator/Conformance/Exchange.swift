internal import FunctionRuntime

/// What came back for one id.
struct Reception: Sendable {
    var head: HTTPHead?
    var body: [UInt8] = []
    var failure: Failure?
    /// Bytes of chunks that have not been given credit again.
    var outstanding = 0
}

extension ChildFunction {
    /// Reads frames until each of the ids is finished; grants credit as it reads.
    ///
    /// - Parameters:
    ///   - ids: what to wait for.
    ///   - granting: whether to grant credit for what is read.
    /// - Throws: ``Deviation`` for a frame of another id, a second end, or more than the credit.
    func receptions(_ ids: Set<String>, granting: Bool = true) async throws -> [String: Reception] {
        var receptions: [String: Reception] = [:]
        var open = ids
        while !open.isEmpty {
            let frame = try await frame("answer to \(open.sorted().joined(separator: ", "))", within: .seconds(30))
            // Credit for a body may cross with the end of its id; hosts drop it.
            if case .credit(let id, _) = frame, !open.contains(id) { continue }
            guard let id = frame.id, ids.contains(id) else {
                throw Deviation("a \(frame.type) frame\(frame.id.map { " for \($0)" } ?? "") that nobody waits for")
            }
            guard open.contains(id) else { throw Deviation("a \(frame.type) frame for \(id), which had ended") }
            var reception = receptions[id] ?? Reception()
            if try take(frame, id, &reception, granting: granting) { open.remove(id) }
            receptions[id] = reception
        }
        return receptions
    }

    /// Reads until the id is finished.
    func reception(_ id: String, granting: Bool = true) async throws -> Reception {
        try await receptions([id], granting: granting)[id] ?? Reception()
    }

    /// True when the frame finishes its id.
    private func take(
        _ frame: Frame, _ id: String, _ reception: inout Reception, granting: Bool
    ) throws -> Bool {
        switch frame {
        case .result(_, let head, let body):
            guard reception.head == nil else { throw Deviation("a result for \(id) after its head") }
            reception.head = head
            reception.body = body.bytes ?? []
            return true
        case .error(_, let failure):
            reception.failure = failure
            return true
        case .head(_, let head):
            guard reception.head == nil else { throw Deviation("a second head for \(id)") }
            reception.head = head
        case .chunk(_, let bytes):
            guard reception.head != nil else { throw Deviation("a chunk for \(id) before its head") }
            reception.body += bytes
            reception.outstanding += bytes.count
            guard reception.outstanding <= Subject.limits.credit else {
                throw Deviation("\(reception.outstanding) bytes outstanding with \(Subject.limits.credit) of credit")
            }
            if granting {
                reception.outstanding -= bytes.count
                try send(.credit(id: id, bytes: bytes.count))
            }
        case .end:
            guard reception.head != nil else { throw Deviation("an end for \(id) before its head") }
            return true
        case .credit: break
        default: throw Deviation("a \(frame.type) frame for \(id) makes no sense here")
        }
        return false
    }
}
