/// The functions of queries
/// (https://learn.microsoft.com/azure/storage/blobs/query-acceleration-sql-reference#scalar-functions).
enum QueryFunction {
    static let names: Set<String> = [
        "CHAR_LENGTH", "CHARACTER_LENGTH", "LOWER", "UPPER", "SUBSTRING", "TRIM", "LTRIM", "RTRIM", "COALESCE",
        "NULLIF", "UTCNOW", "TO_TIMESTAMP", "TO_STRING", "DATE_ADD", "DATE_DIFF", "EXTRACT",
    ]
    private static let units: [String: Int64] = [
        "MILLISECOND": 1, "SECOND": 1000, "MINUTE": 60_000, "HOUR": 3_600_000, "DAY": 86_400_000,
    ]

    static func call(_ name: String, _ values: [QueryValue]) throws(QueryProblem) -> QueryValue {
        switch name {
        case "COALESCE": return values.first { $0 != .missing } ?? .missing
        case "UTCNOW": return .timestamp(Clock.milliseconds())
        case "NULLIF":
            try require(values, 2, name)
            return try values[0].compare(values[1]) == 0 ? .missing : values[0]
        default: break
        }
        if values.contains(.missing) { return .missing }
        let first = values.first ?? .missing
        switch name {
        case "CHAR_LENGTH", "CHARACTER_LENGTH":
            try require(values, 1, name)
            return .integer(Int64(first.text.count))
        case "LOWER": return .string(first.text.lowercased())
        case "UPPER": return .string(first.text.uppercased())
        case "TRIM": return .string(trim(first.text, values, start: true, end: true))
        case "LTRIM": return .string(trim(first.text, values, start: true, end: false))
        case "RTRIM": return .string(trim(first.text, values, start: false, end: true))
        case "SUBSTRING": return try substring(values)
        case "TO_TIMESTAMP":
            try require(values, 1, name)
            return try first.cast(to: "TIMESTAMP")
        case "TO_STRING": return .string(first.text)
        case "DATE_ADD":
            try require(values, 3, name)
            guard case .timestamp(let moment) = try values[2].cast(to: "TIMESTAMP"),
                case .integer(let count) = try values[1].cast(to: "INT")
            else { return .missing }
            return .timestamp(moment + count * (try unit(first.text)))
        case "DATE_DIFF":
            try require(values, 3, name)
            guard case .timestamp(let from) = try values[1].cast(to: "TIMESTAMP"),
                case .timestamp(let to) = try values[2].cast(to: "TIMESTAMP")
            else { return .missing }
            return .integer((to - from) / (try unit(first.text)))
        case "EXTRACT":
            try require(values, 2, name)
            guard case .timestamp(let moment) = try values[1].cast(to: "TIMESTAMP") else { return .missing }
            return .integer(try extract(first.text.uppercased(), HTTPDate.iso8601(moment)))
        default: throw .syntax("There is no function \(name).")
        }
    }

    private static func require(_ values: [QueryValue], _ count: Int, _ name: String) throws(QueryProblem) {
        if values.count != count { throw .syntax("\(name) takes \(count) arguments.") }
    }

    private static func unit(_ name: String) throws(QueryProblem) -> Int64 {
        guard let unit = units[name.uppercased()] else {
            throw .syntax("\(name) is not one of \(units.keys.sorted().joined(separator: ", ")).")
        }
        return unit
    }

    /// - Parameter text: `2026-11-20T21:15:55.123Z`
    private static func extract(_ part: String, _ text: String) throws(QueryProblem) -> Int64 {
        let parts = text.split { !$0.isNumber }.compactMap { Int64($0) }
        guard let place = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND"].firstIndex(of: part)
        else {
            throw .syntax("\(part) is no part of a time.")
        }
        return parts[place]
    }

    /// The second argument is where it begins, counted from 1; the third how many characters it has.
    private static func substring(_ values: [QueryValue]) throws(QueryProblem) -> QueryValue {
        guard values.count == 2 || values.count == 3 else { throw .syntax("SUBSTRING takes 2 or 3 arguments.") }
        let text = Array(values[0].text)
        let start = Int(try values[1].double()) - 1
        let end = values.count == 3 ? start + max(0, Int(try values[2].double())) : text.count
        let range = max(0, min(start, text.count))..<max(0, min(max(start, end), text.count))
        return .string(String(text[range]))
    }

    private static func trim(_ text: String, _ values: [QueryValue], start: Bool, end: Bool) -> String {
        let characters = Set(values.count > 1 ? values[1].text : " ")
        var rest = text[...]
        while start, let first = rest.first, characters.contains(first) { rest.removeFirst() }
        while end, let last = rest.last, characters.contains(last) { rest.removeLast() }
        return String(rest)
    }
}

/// A pattern of `LIKE`: `%` is any text, `_` any character.
struct LikePattern {
    private enum Piece: Equatable {
        case any, one
        case character(Character)
    }

    private let pieces: [Piece]

    init(_ text: String, escape: Character?) {
        var pieces: [Piece] = []
        var isEscaped = false
        for character in text {
            if !isEscaped, character == escape {
                isEscaped = true
                continue
            }
            let piece: Piece =
                isEscaped
                ? .character(character) : character == "%" ? .any : character == "_" ? .one : .character(character)
            pieces.append(piece)
            isEscaped = false
        }
        self.pieces = pieces
    }

    /// Walks along both; after a mismatch the last `%` takes one character more.
    func matches(_ text: String) -> Bool {
        let text = Array(text)
        var (place, index) = (0, 0)
        var retry: (place: Int, index: Int)?
        while index < text.count {
            if place < pieces.count, pieces[place] == .one || pieces[place] == .character(text[index]) {
                (place, index) = (place + 1, index + 1)
            } else if place < pieces.count, pieces[place] == .any {
                retry = (place, index)
                place += 1
            } else if let last = retry {
                retry = (last.place, last.index + 1)
                (place, index) = (last.place + 1, last.index + 1)
            } else {
                return false
            }
        }
        return pieces[place...].allSatisfy { $0 == .any }
    }
}
