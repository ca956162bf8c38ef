import Cryptography
import FoundationEssentials
import JSON

/// A job of stable-diffusion.cpp's server. Where it stands is a function of time, once it is its turn.
struct StableDiffusionCppJob: Sendable {
    let id: String
    let prompt: String
    let created: Date
    /// When its turn is.
    let starts: Date
    let knobs: Knobs
    /// What goes wrong with it, when anything does.
    let failure: String?
    let pictures: [Picture]
    var canceled: Date?

    var ends: Date { canceled ?? starts.addingTimeInterval(Double(knobs.latency) / 1000) }

    func status(at now: Date) -> String {
        if canceled != nil { return "cancelled" }
        if now < starts { return "queued" }
        if now < ends { return "generating" }
        return failure == nil ? "completed" : "failed"
    }

    func json(at now: Date, position: Int) -> JSON {
        let status = status(at: now)
        let isOver = canceled != nil || now >= ends
        func time(_ date: Date, _ isKnown: Bool) -> JSON {
            isKnown ? .integer(Int64(date.timeIntervalSince1970)) : .null
        }
        let error: JSON =
            switch status {
            case "failed": ["code": "generation_failed", "message": .string(failure ?? "")]
            case "cancelled": ["code": "cancelled", "message": "job cancelled by client"]
            default: .null
            }
        let images = pictures.enumerated().map { index, picture -> JSON in
            ["index": .integer(Int64(index)), "b64_json": .string(Base64.encode(picture.png()))]
        }
        return [
            "id": .string(id), "kind": "img_gen", "status": .string(status), "created": time(created, true),
            "started": time(starts, canceled == nil && now >= starts), "completed": time(ends, isOver),
            "queue_position": .integer(Int64(position)),
            "result": status == "completed" ? ["output_format": "png", "images": .array(images)] : .null,
            "error": error,
        ]
    }
}
