import FoundationEssentials
import JSON

/// One prediction. Where it stands is a function of time, so nothing has to run for it.
struct ReplicatePrediction: Sendable {
    enum Status: String {
        case starting, processing, succeeded, failed, canceled
    }

    let id: String
    /// `owner/name`, as the model's page shows it.
    let model: String
    /// The version's 64 hexadecimal digits, or `hidden` for official models.
    let version: String
    let input: JSON
    let created: Date
    let knobs: Knobs
    /// What goes wrong with it, when anything does.
    let failure: String?
    let pictures: [Picture]
    let webhook: ReplicateWebhook?
    var canceled: Date?

    private var finish: Date {
        created.addingTimeInterval(Double(knobs.latency) / 1000)
    }

    /// When it is over, or was.
    var end: Date {
        canceled ?? finish
    }

    func status(at now: Date) -> Status {
        if let canceled, canceled <= now { return .canceled }
        if now >= finish { return failure == nil ? .succeeded : .failed }
        return now.timeIntervalSince(created) * 10_000 < Double(knobs.latency) ? .starting : .processing
    }

    func isOver(at now: Date) -> Bool {
        now >= end
    }

    /// The log a diffusion model writes, as far as it has got: clients read progress from its last percentage.
    private func logs(at now: Date) -> String {
        guard knobs.steps > 0, knobs.latency > 0 else { return "" }
        let elapsed = max(0, min(now, end).timeIntervalSince(created) * 1000)
        let done =
            end <= now && canceled == nil ? knobs.steps : Int(elapsed / Double(knobs.latency) * Double(knobs.steps))
        let lines = (0...min(done, knobs.steps)).map { "\($0 * 100 / knobs.steps)%| | \($0)/\(knobs.steps)\n" }
        return "Using seed: \(pictures.first?.seed ?? 0)\n" + lines.joined()
    }

    /// The document Replicate's API answers with; `base` is the stand-in's base URL.
    func json(at now: Date, base: String) -> JSON {
        let status = status(at: now)
        let ended = isOver(at: now)
        let output = pictures.indices.map { JSON.string("\(base)/outputs/\(id)/out-\($0).png") }
        var metrics = JSONObject()
        if ended {
            metrics["predict_time"] = .number(end.timeIntervalSince(created))
            metrics["total_time"] = .number(end.timeIntervalSince(created))
        }
        let url = "\(base)/v1/predictions/\(id)"
        return [
            "id": .string(id), "model": .string(model), "version": .string(version), "input": input,
            "logs": .string(logs(at: now)), "output": status == .succeeded ? .array(output) : .null,
            "data_removed": false, "error": status == .failed ? .string(failure ?? "") : .null,
            "source": "api", "status": .string(status.rawValue), "created_at": .string(Self.timestamp(created)),
            "started_at": status == .starting ? .null : .string(Self.timestamp(created)),
            "completed_at": ended ? .string(Self.timestamp(end)) : .null, "metrics": .object(metrics),
            "urls": ["get": .string(url), "cancel": .string(url + "/cancel"), "web": .string("\(base)/p/\(id)")],
        ]
    }

    static func timestamp(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
