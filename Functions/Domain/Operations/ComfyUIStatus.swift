internal import JSON

/// How a ComfyUI server is, for its operators.
package struct ComfyUIStatus: Codable, Sendable, Hashable {
    /// A device that it draws with.
    package struct Device: Codable, Sendable, Hashable {
        package var name: String
        /// `cuda`, `mps`, `cpu`.
        package var type: String
        /// Bytes of memory, and how many of them are free.
        package var memory: Int64?
        package var freeMemory: Int64?
    }

    package var address: String
    package var isUp: Bool
    /// Why it is not up.
    package var problem: String?
    package var version: String?
    package var devices: [Device]
    /// How many prompts are drawn, and how many wait.
    package var running: Int
    package var pending: Int
    /// Whether it can be restarted from here.
    package var restarts: Bool

    /// - Parameter statistics: what `GET /system_stats` told.
    init(address: String, statistics: JSON, running: Int, pending: Int, restarts: Bool) {
        self.address = address
        isUp = true
        version = statistics["system"]?["comfyui_version"]?.string
        devices = (statistics["devices"]?.array ?? []).map { device in
            Device(
                name: device["name"]?.string ?? "unknown", type: device["type"]?.string ?? "unknown",
                memory: device["vram_total"]?.integer, freeMemory: device["vram_free"]?.integer)
        }
        self.running = running
        self.pending = pending
        self.restarts = restarts
    }

    /// One that cannot be asked.
    init(address: String, problem: String, restarts: Bool) {
        self.address = address
        isUp = false
        self.problem = problem
        devices = []
        (running, pending) = (0, 0)
        self.restarts = restarts
    }
}
