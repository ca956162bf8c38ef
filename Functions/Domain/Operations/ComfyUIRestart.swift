/// A restart that was done.
package struct ComfyUIRestart: Codable, Sendable, Hashable {
    package var container: String
    /// How many prompts it has lost with its memory, where it told how many it had; their jobs begin anew.
    package var lostPrompts: Int?
}
