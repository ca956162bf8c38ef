/// What can stand in a command. Everything travels as a RESP bulk string.
package protocol RedisArgument: Sendable {
    /// Adds this value to the command.
    func append(to command: inout RedisCommand)

    /// Adds an array of them: as many arguments as there are elements, unless the type says otherwise.
    static func append(_ elements: [Self], to command: inout RedisCommand)
}

extension RedisArgument {
    package static func append(_ elements: [Self], to command: inout RedisCommand) {
        for element in elements { element.append(to: &command) }
    }
}

extension String: RedisArgument {
    package func append(to command: inout RedisCommand) {
        command.append(bytes: utf8)
    }
}

extension Int: RedisArgument {
    package func append(to command: inout RedisCommand) {
        command.append(bytes: String(self).utf8)
    }
}

extension Int64: RedisArgument {
    package func append(to command: inout RedisCommand) {
        command.append(bytes: String(self).utf8)
    }
}

extension Double: RedisArgument {
    package func append(to command: inout RedisCommand) {
        command.append(bytes: description.utf8)
    }
}

/// A byte; an array of bytes is one argument.
extension UInt8: RedisArgument {
    package func append(to command: inout RedisCommand) {
        command.append(bytes: CollectionOfOne(self))
    }

    package static func append(_ elements: [UInt8], to command: inout RedisCommand) {
        command.append(bytes: elements)
    }
}

extension Array: RedisArgument where Element: RedisArgument {
    package func append(to command: inout RedisCommand) {
        Element.append(self, to: &command)
    }
}
