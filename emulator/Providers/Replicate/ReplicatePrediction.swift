import FoundationEssentials
import JSON

/// One prediction. Where it stands is a function of time, so nothing has to run for it.
struct ReplicatePrediction: Sendable {
    enum Status: String {
        case starting, processing, succeeded, failed, canceled
        /// Its deadline came before it had started.
        case aborted
    }

    let id: String
    let version: ReplicateVersion
    let input: JSON
    let created: Date
    let knobs: Knobs
    /// What goes wrong with it, when anything does.
    let failure: String?
    let pictures: [Picture]
    let webhook: ReplicateWebhook?
    /// What its pictures are written to, and how well where that loses anything.
    var format = PictureFormat.png
    var quality = 80
    /// When it is stopped unless it has ended.
    var deadline: Date?
    var canceled: Date?

    /// When a share of the work is done.
    private func moment(_ share: Int, of total: Int) -> Date {
        created.addingTimeInterval(Double(knobs.latency) * Double(share) / Double(total) / 1000)
    }

    private var start: Date { moment(1, of: 10) }
    private var finish: Date { moment(1, of: 1) }

    /// When it is stopped before its end, or was; nil: never.
    private var stop: Date? {
        canceled ?? deadline.flatMap { $0 < finish ? $0 : nil }
    }

    /// When it is over, or was.
    var end: Date {
        stop ?? finish
    }

    /// When each picture comes: one after the other, the last at the end.
    var outputMoments: [Date] {
        failure == nil ? pictures.indices.map { moment($0 + 1, of: pictures.count) } : []
    }

    /// When the log grows on the way.
    var logMoments: [Date] {
        knobs.latency > 0 ? (0..<knobs.steps).map { moment($0, of: knobs.steps) } : []
    }

    func status(at now: Date) -> Status {
        if let stop, stop <= now { return canceled == nil && stop < start ? .aborted : .canceled }
        if now >= finish { return failure == nil ? .succeeded : .failed }
        return now < start ? .starting : .processing
    }

    func isOver(at now: Date) -> Bool {
        now >= end
    }

    /// How many pictures there are by now.
    func outputs(at now: Date) -> Int {
        outputMoments.count { $0 <= min(now, end) }
    }

    /// The log a diffusion model writes, as far as it has got: clients read progress from its last percentage.
    func logs(at now: Date) -> String {
        guard knobs.steps > 0, knobs.latency > 0 else { return "" }
        let elapsed = max(0, min(now, end).timeIntervalSince(created) * 1000)
        let done =
            finish <= now && stop == nil ? knobs.steps : Int(elapsed / Double(knobs.latency) * Double(knobs.steps))
        let lines = (0...min(done, knobs.steps)).map { "\($0 * 100 / knobs.steps)%| | \($0)/\(knobs.steps)\n" }
        return "Using seed: \(pictures.first?.seed ?? 0)\n" + lines.joined()
    }

    /// Where the picture of that number is.
    func output(_ number: Int, base: String) -> String {
        "\(base)/outputs/\(id)/\(file(number))"
    }

    /// What the picture of that number is called: `out-0.png`.
    func file(_ number: Int) -> String {
        "out-\(number).\(format == .jpeg ? "jpg" : "png")"
    }

    /// The document Replicate's API answers with; `base` is the stand-in's base URL.
    func json(at now: Date, base: String) -> JSON {
        let status = status(at: now)
        let ended = isOver(at: now)
        let output = (0..<outputs(at: now)).map { JSON.string(self.output($0, base: base)) }
        var metrics = JSONObject()
        if ended {
            metrics["predict_time"] = .number(end.timeIntervalSince(created))
            metrics["total_time"] = .number(end.timeIntervalSince(created))
        }
        let url = "\(base)/v1/predictions/\(id)"
        let hasStarted = status != .starting && status != .aborted
        var document: JSONObject = [
            "id": .string(id), "model": .string(version.model), "version": .string(version.hash), "input": input,
            "logs": .string(logs(at: now)), "output": output.isEmpty ? .null : .array(output),
            "data_removed": false, "error": status == .failed ? .string(failure ?? "") : .null,
            "source": "api", "status": .string(status.rawValue), "created_at": .string(Self.timestamp(created)),
            "started_at": hasStarted ? .string(Self.timestamp(created)) : .null,
            "completed_at": ended ? .string(Self.timestamp(end)) : .null, "metrics": .object(metrics),
            "urls": [
                "get": .string(url), "cancel": .string(url + "/cancel"), "web": .string("\(base)/p/\(id)"),
                "stream": .string("\(base)/stream/\(id)"),
            ],
        ]
        if let deadline { document["deadline"] = .string(Self.timestamp(deadline)) }
        return .object(document)
    }

    static func timestamp(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
