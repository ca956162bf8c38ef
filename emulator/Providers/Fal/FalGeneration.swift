import Cryptography
import FoundationEssentials
import JSON

/// One request for pictures. Where it stands is a function of time, so nothing has to run for it.
struct FalGeneration: Sendable {
    enum Status: String {
        case queued = "IN_QUEUE"
        case running = "IN_PROGRESS"
        case completed = "COMPLETED"
    }

    let id: String
    /// `owner/app`, where its addresses are.
    let app: String
    let created: Date
    let knobs: Knobs
    /// How it ends: with pictures, or in an error.
    let pictures: Result<[Picture], FalProblem>
    let input: FalInput?
    let webhook: String?
    /// Seconds until it must have begun; nil: any time.
    let patience: Double?
    var cancelled: Date?

    /// When it is over, or was.
    var end: Date {
        cancelled ?? created.addingTimeInterval(givesUp ? patience ?? 0 : Double(knobs.latency) / 1000)
    }

    /// Seconds until it begins.
    private var wait: Double { Double(knobs.latency) / 10_000 }

    /// Whether it begins too late for who asked.
    private var givesUp: Bool { patience.map { $0 < wait } ?? false }

    func status(at now: Date) -> Status {
        if now >= end { return .completed }
        return now.timeIntervalSince(created) < wait ? .queued : .running
    }

    /// What went wrong, once it is over.
    var problem: FalProblem? {
        if cancelled != nil { return .cancelled }
        if givesUp { return .timedOut }
        if case .failure(let problem) = pictures { return problem }
        return nil
    }

    /// The moments at which its status document changes, for those who follow it.
    var changes: [Date] {
        let steps = max(knobs.steps, 1)
        let length = Double(knobs.latency) / 1000
        let moments = [wait] + (1...steps).map { length * Double($0) / Double(steps) }
        return moments.sorted().map { created.addingTimeInterval($0) }
    }

    /// - Parameters:
    ///   - base: the stand-in's queue.
    ///   - logs: whether to tell what the model logged.
    func json(at now: Date, base: String, logs: Bool) -> JSON {
        let status = status(at: now)
        var json = addresses(base)
        json["status"] = .string(status.rawValue)
        if status == .queued {
            json["queue_position"] = 0
            return .object(json)
        }
        json["logs"] = logs ? .array(lines(at: now)) : .null
        guard status == .completed else { return .object(json) }
        json["metrics"] = ["inference_time": .number(end.timeIntervalSince(created))]
        // What the platform ended is said here; what the model says itself is found in the result.
        if let problem, let type = problem.type {
            json["error"] = problem.detail
            json["error_type"] = .string(type)
        }
        return .object(json)
    }

    func addresses(_ base: String) -> JSONObject {
        let url = "\(base)/\(app)/requests/\(id)"
        return [
            "request_id": .string(id), "response_url": .string(url), "status_url": .string("\(url)/status"),
            "cancel_url": .string("\(url)/cancel"),
        ]
    }

    /// What its pictures are written to.
    private var format: PictureFormat { input?.format ?? .png }

    /// A picture's file.
    ///
    /// - Parameter name: of the file, as the result has it.
    func file(_ name: String) -> [UInt8]? {
        guard problem == nil, case .success(let pictures) = pictures,
            let index = pictures.indices.first(where: { self.name(of: $0) == name })
        else { return nil }
        return pictures[index].encoded(format)
    }

    private func name(of index: Int) -> String { "\(index).\(format.rawValue)" }

    var mediaType: String { format.mediaType }

    /// What the model answers; `files` is where its pictures are served.
    func result(files: String) -> JSON {
        guard case .success(let pictures) = pictures else { return .null }
        let images = pictures.indices.map { index -> JSON in
            let url =
                input?.inline == true
                ? "data:\(mediaType);base64,\(Base64.encode(pictures[index].encoded(format)))"
                : "\(files)/out/\(id)/\(name(of: index))"
            return [
                "url": .string(url), "width": .integer(Int64(pictures[index].width)),
                "height": .integer(Int64(pictures[index].height)), "content_type": .string(mediaType),
            ]
        }
        return [
            "images": .array(images), "timings": ["inference": .number(Double(knobs.latency) / 1000)],
            "seed": .integer(Int64(input?.seed ?? 0)), "has_nsfw_concepts": .array(images.map { _ in false }),
            "prompt": .string(input?.prompt ?? ""),
        ]
    }

    private func lines(at now: Date) -> [JSON] {
        let elapsed = max(0, min(now, end).timeIntervalSince(created) * 1000)
        guard knobs.steps > 0, knobs.latency > 0 else { return [] }
        let done = min(knobs.steps, Int(elapsed / Double(knobs.latency) * Double(knobs.steps)))
        return (0...done).map { step in
            [
                "message": .string("\(step * 100 / knobs.steps)%| | \(step)/\(knobs.steps)"), "level": "INFO",
                "source": "USER",
                "timestamp": .string(
                    created.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))),
            ]
        }
    }
}
