/// The sizes that both sides of the protocol keep to; a host announces them in `init`.
package struct FrameLimits: Sendable, Hashable {
    /// Bytes of a frame's line without its newline.
    package let line: Int
    /// Raw bytes that may follow one frame.
    package let chunk: Int
    /// Bytes of a streamed body that its sender may have outstanding.
    package let credit: Int

    package init(line: Int = 262_144, chunk: Int = 1_048_576, credit: Int = 1_048_576) {
        self.line = line
        self.chunk = chunk
        self.credit = credit
    }

    /// The limits of version 1 of the protocol.
    package static let standard = FrameLimits()
}
