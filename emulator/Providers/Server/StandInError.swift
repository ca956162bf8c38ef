/// A request to the stand-ins themselves that cannot be met; the text says what to send.
struct StandInError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
