import Foundation

/// A server in a process of its own, which prints one line when it is ready and ends with its input or its parent.
final class ChildServer: @unchecked Sendable {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    struct NotStarted: Error { let command: [String] }

    init(_ command: [String]) throws {
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit { process.terminate() }

    /// What it says when it is ready.
    func line() async throws -> String {
        let data = await withCheckedContinuation { continuation in
            Thread.detachNewThread { [output] in
                continuation.resume(returning: output.fileHandleForReading.availableData)
            }
        }
        guard !data.isEmpty else { throw NotStarted(command: [process.executableURL?.path ?? ""]) }
        return String(decoding: data, as: UTF8.self)
    }
}
