/// What the emulator tells a person when something is wrong: what, where, and what to do about it.
struct EmulatorError: Error, Equatable, CustomStringConvertible {
    /// One or more whole sentences.
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
