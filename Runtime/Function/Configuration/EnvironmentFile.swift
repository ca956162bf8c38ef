internal import Glibc

/// A `.env` file: `NAME=value` lines.
///
/// * Empty lines and lines that start with `#` say nothing; `export ` before a name is allowed.
/// * A plain value ends at the end of the line or at ` #`; white space around it does not count.
/// * `'…'` is taken literally. In `"…"`, `\n`, `\r`, `\t`, `\"`, `\\` and `\$` are escapes. Both may span lines.
/// * Nothing is expanded: `$` is an ordinary character.
package struct EnvironmentFile {
    private var rest: Substring
    private var line = 1
    private let path: String

    /// Parses the text of a file.
    ///
    /// - Parameters:
    ///   - text: the text.
    ///   - path: where it came from, for messages.
    /// - Throws: ``ConfigurationProblem`` naming file and line.
    package static func parse(_ text: String, path: String) throws(ConfigurationProblem) -> [String: String] {
        var file = EnvironmentFile(rest: text[...], path: path)
        return try file.entries()
    }

    /// Reads the file of that name, or `.env` when there is one.
    ///
    /// - Parameter path: the path; nil for `.env`, which may be absent.
    static func read(named path: String?) throws(ConfigurationProblem) -> [String: String] {
        guard let bytes = contents(of: path ?? ".env") else {
            guard let path else { return [:] }
            let reason = String(cString: strerror(errno))
            throw ConfigurationProblem(name: "ENV_FILE", message: "ENV_FILE cannot be read: \(path): \(reason)")
        }
        return try parse(String(decoding: bytes, as: UTF8.self), path: path ?? ".env")
    }

    private init(rest: Substring, path: String) {
        self.rest = rest
        self.path = path
    }

    private static func contents(of path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: buffer[..<count])
        }
    }

    private mutating func entries() throws(ConfigurationProblem) -> [String: String] {
        var values: [String: String] = [:]
        while !rest.isEmpty {
            let start = take { !$0.isNewline }.drop(while: \.isWhitespace)
            if start.isEmpty || start.hasPrefix("#") {
                skipNewline()
                continue
            }
            rest = start.base[start.startIndex...]
            if rest.hasPrefix("export ") { rest = rest.dropFirst(7).drop { $0 == " " } }
            let name = take { $0 != "=" && !$0.isNewline }
            guard rest.first == "=", Self.isName(name) else { throw problem("want NAME=value") }
            rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
            values[String(name)] = try value()
        }
        return values
    }

    private mutating func value() throws(ConfigurationProblem) -> String {
        guard let quote = rest.first, quote == "\"" || quote == "'" else {
            let text = take { !$0.isNewline }
            skipNewline()
            return Self.plain(text)
        }
        rest = rest.dropFirst()
        let value = try quoted(quote)
        let after = take { !$0.isNewline }.drop(while: \.isWhitespace)
        guard after.isEmpty || after.hasPrefix("#") else { throw problem("there is text after the closing quote") }
        skipNewline()
        return value
    }

    private mutating func quoted(_ quote: Character) throws(ConfigurationProblem) -> String {
        let opened = line
        var value = ""
        while let character = rest.popFirst() {
            if character == quote { return value }
            if character.isNewline { line += 1 }
            guard character == "\\", quote == "\"" else {
                value.append(character)
                continue
            }
            switch rest.popFirst() {
            case "n": value.append("\n")
            case "r": value.append("\r")
            case "t": value.append("\t")
            case let escaped? where "\"\\$".contains(escaped): value.append(escaped)
            default: throw problem("not an escape sequence within double quotes")
            }
        }
        line = opened
        throw problem("the quote is not closed")
    }

    private static func plain(_ text: Substring) -> String {
        var value = text
        if value.hasPrefix("#") { return "" }
        var previous: Character = "x"
        for index in text.indices {
            if text[index] == "#", previous == " " || previous == "\t" {
                value = text[..<index]
                break
            }
            previous = text[index]
        }
        while value.last?.isWhitespace == true { value.removeLast() }
        return String(value)
    }

    private static func isName(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, !(48...57).contains(first) else { return false }
        return text.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0 & 0xDF) || $0 == 95 }
    }

    private mutating func take(while matches: (Character) -> Bool) -> Substring {
        let taken = rest.prefix(while: matches)
        rest = rest[taken.endIndex...]
        return taken
    }

    private mutating func skipNewline() {
        if rest.first?.isNewline == true {
            rest = rest.dropFirst()
            line += 1
        }
    }

    private func problem(_ message: String) -> ConfigurationProblem {
        ConfigurationProblem(name: "ENV_FILE", message: "\(path), line \(line): \(message)")
    }
}
