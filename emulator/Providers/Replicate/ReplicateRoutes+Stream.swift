import FoundationEssentials
import JSON

extension ReplicateStandIn {
    /// A prediction as server-sent events: `output` with each picture's address, `logs` with each new piece of the log, `error`,
    /// and `done` at the end (https://replicate.com/docs/topics/predictions/streaming).
    nonisolated func stream(_ id: String, base: String) async throws -> StandInResponse {
        _ = try await prediction(id)
        state.ledger.record(.init(provider: name, action: "get", id: id, status: 200, reference: "stream"))
        return .events { writer in
            var (log, outputs, count) = (0, 0, 0)
            func next() -> String {
                count += 1
                return "\(Int(Date.now.timeIntervalSince1970 * 1000)):\(count)"
            }
            while true {
                let prediction = try await self.prediction(id)
                let now = Date.now
                let new = prediction.logs(at: now).dropFirst(log)
                if !new.isEmpty { try await writer.event(text: String(new), name: "logs", id: next()) }
                log += new.count
                let ready = prediction.outputs(at: now)
                while outputs < ready {
                    try await writer.event(
                        text: prediction.output(outputs, base: base), name: "output", id: next())
                    outputs += 1
                }
                if prediction.isOver(at: now) {
                    var end = JSONObject()
                    switch prediction.status(at: now) {
                    case .failed:
                        let error: JSON = ["detail": .string(prediction.failure ?? "")]
                        try await writer.event(error, name: "error", id: next())
                        end["reason"] = "error"
                    case .canceled, .aborted: end["reason"] = "canceled"
                    default: break
                    }
                    return try await writer.event(.object(end), name: "done", id: next())
                }
                let changes = prediction.logMoments + prediction.outputMoments + [prediction.end]
                let change = changes.filter { $0 > now }.min() ?? prediction.end
                // Often enough to notice that somebody stops it.
                try await Task.sleep(for: .seconds(min(1, max(0.001, change.timeIntervalSinceNow))))
            }
        }
    }
}
