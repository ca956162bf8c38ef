/// One parameter of a statement, encoded and ready to send.
package struct PostgresParameter: Sendable, Hashable {
    /// How the bytes are to be read (the format codes of the Bind message).
    package enum Format: Int32, Sendable {
        case text = 0
        case binary = 1
    }

    package enum Value: Sendable, Hashable {
        case null
        case bytes([UInt8])
        /// The value cannot be sent; the statement fails with this sentence before it reaches the server.
        case invalid(String)
    }

    package let type: PostgresType
    package let format: Format
    package let value: Value

    package init(type: PostgresType, format: Format = .binary, value: Value) {
        self.type = type
        self.format = format
        self.value = value
    }
}
