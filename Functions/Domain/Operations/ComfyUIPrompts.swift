/// What a ComfyUI server draws and has to draw.
package struct ComfyUIPrompts: Codable, Sendable, Hashable {
    /// The ids of the prompts that are drawn; those of this service are the ids of its provider calls.
    package var running: [String]
    /// Those that wait, in the order of their turns.
    package var pending: [String]
}
