internal import CHiredis

/// One command with its arguments, ready to be written.
package struct RedisCommand: Sendable {
    /// The command's name, for error messages.
    package let name: String
    /// All words one after another, the name first, and the length of each.
    private var words: [UInt8]
    private var lengths: [Int]

    /// - Parameter name: one word; a subcommand is an argument: `RedisCommand("CLIENT", "SETNAME", "gateway")`.
    package init(_ name: String, _ arguments: any RedisArgument...) {
        self.init(name, arguments: arguments)
    }

    /// The same, with the arguments in an array.
    package init(_ name: String, arguments: [any RedisArgument]) {
        self.name = name
        words = Array(name.utf8)
        lengths = [words.count]
        for argument in arguments { argument.append(to: &self) }
    }

    /// Adds one argument.
    package mutating func append(bytes: some Collection<UInt8>) {
        words.append(contentsOf: bytes)
        lengths.append(bytes.count)
    }

    /// Writes the command as RESP, by hiredis' formatter.
    func write(to output: inout [UInt8]) {
        words.withUnsafeBytes { words in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: lengths.count) { arguments in
                // hiredis wants a pointer even for an empty argument.
                var next = words.baseAddress?.assumingMemoryBound(to: CChar.self)
                for (index, length) in lengths.enumerated() {
                    arguments.initializeElement(at: index, to: next)
                    next = next?.advanced(by: length)
                }
                var formatted: UnsafeMutablePointer<CChar>?
                let count = redisFormatCommandArgv(
                    &formatted, Int32(lengths.count), arguments.baseAddress, lengths)
                precondition(count > 0, "redisFormatCommandArgv fails only when there is no memory")
                output.append(contentsOf: UnsafeRawBufferPointer(start: formatted, count: Int(count)))
                redisFreeCommand(formatted)
            }
        }
    }
}
