internal import JSON

/// Builds the line of a frame member by member, straight into the buffer: no tree is made for what is written.
struct FrameLine {
    private(set) var bytes: [UInt8]
    private var needsComma = false

    init(into bytes: consuming [UInt8]) {
        self.bytes = bytes
    }

    mutating func open(_ name: StaticString? = nil) {
        if let name { key(name) }
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    mutating func close() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    mutating func string(_ name: StaticString, _ value: String) {
        key(name)
        JSON.append(quoted: value, to: &bytes)
    }

    mutating func integer(_ name: StaticString, _ value: Int) {
        key(name)
        JSON.append(Int64(value), to: &bytes)
    }

    mutating func bool(_ name: StaticString, _ value: Bool) {
        json(name, .bool(value))
    }

    mutating func json(_ name: StaticString, _ value: JSON) {
        key(name)
        value.append(to: &bytes)
    }

    /// Names with one value as a text, with several as an array.
    mutating func values(_ name: StaticString, _ fields: [(name: String, values: [String])]) {
        open(name)
        for (name, values) in fields {
            comma()
            JSON.append(quoted: name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            if values.count == 1 {
                JSON.append(quoted: values[0], to: &bytes)
            } else {
                JSON.array(values.map(JSON.string)).append(to: &bytes)
            }
        }
        close()
    }

    mutating func headers(_ headers: Headers) {
        var grouped: [(name: String, values: [String])] = []
        for field in headers {
            if let same = grouped.firstIndex(where: { $0.name == field.name }) {
                grouped[same].values.append(field.value)
            } else {
                grouped.append((field.name, [field.value]))
            }
        }
        values("headers", grouped)
    }

    private mutating func key(_ name: StaticString) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }
}
