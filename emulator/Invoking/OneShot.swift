import Glibc
import JSON

/// One call of a function without an emulator: the program reads one event and answers on standard output.
enum OneShot {
    /// Turns this process into the function, with the event on its standard input. Returns only by throwing.
    ///
    /// - Throws: ``EmulatorError`` when the program cannot be run.
    static func replaceProcess(_ path: String, event: JSON, environment: [String: String]) throws -> Never {
        let descriptor = try eventFile(event.serialized + [UInt8(ascii: "\n")])
        guard dup2(descriptor, 0) == 0 else { throw EmulatorError("cannot hand over the event: \(SystemMessage.last)") }
        close(descriptor)
        let arguments: [UnsafeMutablePointer<CChar>?] = [strdup(path), nil]
        var variables: [UnsafeMutablePointer<CChar>?] =
            environment.filter { $0.key != "FUNCTION_PROTOCOL" }.map { strdup("\($0.key)=\($0.value)") }
        variables.append(nil)
        execve(path, arguments, variables)
        throw EmulatorError("cannot run \(path): \(SystemMessage.last)")
    }

    /// An open file with these bytes and no name: a pipe would hold only 64 KiB before the function reads.
    private static func eventFile(_ bytes: [UInt8]) throws -> Int32 {
        var template = Array("/tmp/darkroom-event-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw EmulatorError("cannot make a file for the event: \(SystemMessage.last)") }
        unlink(template)
        StandardStream.write(bytes, to: descriptor)
        lseek(descriptor, 0, SEEK_SET)
        return descriptor
    }
}
