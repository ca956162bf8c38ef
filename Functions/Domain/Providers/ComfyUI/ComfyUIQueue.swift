internal import JSON

/// What runs and what waits, as `GET /queue` tells it.
struct ComfyUIQueue {
    /// One prompt: `[number, id, graph, extra data, outputs]`.
    struct Prompt {
        let id: String
        /// Our own id of the call, where it is one of ours.
        let call: String?

        init?(_ item: JSON) {
            guard let id = item[1]?.string, ComfyUI.isID(id) else { return nil }
            self.id = id
            call = Prompt.call(in: item[3])
        }

        /// Our id in a prompt's extra data.
        static func call(in extra: JSON?) -> String? {
            extra?["darkroom"]?["call"]?.string ?? extra?["client_id"]?.string
        }
    }

    let running: [Prompt]
    let pending: [Prompt]

    init(_ json: JSON) {
        running = (json["queue_running"]?.array ?? []).compactMap(Prompt.init)
        pending = (json["queue_pending"]?.array ?? []).compactMap(Prompt.init)
    }

    func holds(_ id: String) -> Bool { (running + pending).contains { $0.id == id } }

    /// The prompt that was queued for one of our calls.
    func prompt(ofCall call: String) -> String? {
        (running + pending).first { $0.id == call || $0.call == call }?.id
    }
}
