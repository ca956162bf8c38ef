import FunctionRuntime
import Glibc
import JSON
import ServiceLifecycle
import Threads

/// Shows the journal's lines on standard output or standard error as they come.
///
/// On a thread of its own: a terminal, or a pipe that nobody reads, never holds up an invocation.
struct Console: Service {
    /// Where lines go: 1 or 2.
    let descriptor: Int32
    /// The least important lines to show.
    let least: LogLevel
    let journal: Journal

    func run() async throws {
        let writer = Writer(descriptor: descriptor)
        for await line in journal.follow(replay: true) where line.level >= least {
            await writer.write(Self.text(line, colored: writer.colored))
        }
    }

    /// One line: time, function, message, fields; the level where it is not `info`.
    static func text(_ line: LogLine, colored: Bool) -> String {
        func paint(_ text: String, _ code: String) -> String { colored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
        let level =
            switch line.level {
            case .debug: paint("debug ", "2")
            case .info: ""
            case .warning: paint("warning ", "33")
            case .error: paint("error ", "31")
            }
        let fields = (line.fields.object ?? [:]).map { member in
            " " + paint("\(member.name)=", "2") + (member.value.string ?? member.value.text)
        }
        return paint(Timestamp.timeOfDay(line.time), "2") + " " + paint(line.function ?? "emulator", "36") + " " + level
            + line.message + fields.joined() + "\n"
    }

    /// The thread that may wait for the terminal.
    private actor Writer {
        private let executor = ThreadExecutor(name: "console")
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }
        nonisolated let colored: Bool
        private let descriptor: Int32

        init(descriptor: Int32) {
            self.descriptor = descriptor
            colored = isatty(descriptor) == 1
        }

        func write(_ text: String) {
            StandardStream.write(text, to: descriptor)
        }
    }
}
