/// Writes an XML document into one growing buffer.
///
///     var xml = XMLWriter()
///     xml.element("ListBucketResult", ["xmlns": "http://s3.amazonaws.com/doc/2006-03-01/"]) { xml in
///         xml.element("Name", bucket)
///         xml.element("KeyCount", count)
///     }
///     return xml.bytes
///
/// Names are the program's own and are written as they are; texts and attribute values are escaped. Tab, line feed and
/// carriage return become references where a reader would otherwise change them. What XML 1.0 has no way to express at
/// all (U+0000 to U+001F but for those three, U+FFFE, U+FFFF) becomes U+FFFD: ask ``canExpress(_:)`` first where that
/// matters.
package struct XMLWriter: Sendable {
    /// The document so far, in UTF-8.
    package private(set) var bytes: [UInt8] = []

    /// Starts a document, with `<?xml version="1.0" encoding="UTF-8"?>` unless told otherwise.
    package init(declaration: Bool = true) {
        bytes.reserveCapacity(1024)
        if declaration { raw(#"<?xml version="1.0" encoding="UTF-8"?>"#) }
    }

    /// An element with others inside it; `<name/>` when nothing was written inside.
    package mutating func element(_ name: String, _ content: (inout XMLWriter) throws -> Void) rethrows {
        try element(name, [:], content)
    }

    /// An element that has attributes, with others inside it.
    package mutating func element(
        _ name: String, _ attributes: KeyValuePairs<String, String>, _ content: (inout XMLWriter) throws -> Void
    ) rethrows {
        open(name, attributes)
        let start = bytes.count
        try content(&self)
        if bytes.count == start {
            bytes.removeLast()
            raw("/>")
        } else {
            close(name)
        }
    }

    /// An element that holds a text; `<name></name>` when the text is empty.
    package mutating func element(_ name: String, _ text: String) { element(name, [:], text) }

    /// An element that has attributes and holds a text.
    package mutating func element(_ name: String, _ attributes: KeyValuePairs<String, String>, _ text: String) {
        open(name, attributes)
        append(escaping: text, inAttribute: false)
        close(name)
    }

    /// An element that holds a number.
    package mutating func element(_ name: String, _ number: some BinaryInteger) { element(name, String(number)) }

    /// An element that holds `true` or `false`.
    package mutating func element(_ name: String, _ flag: Bool) { element(name, flag ? "true" : "false") }

    /// An element without content: `<name/>`.
    package mutating func element(_ name: String, _ attributes: KeyValuePairs<String, String> = [:]) {
        element(name, attributes) { _ in }
    }

    /// Escaped text between elements.
    package mutating func text(_ text: String) { append(escaping: text, inAttribute: false) }

    /// Whether XML 1.0 can carry `text` unchanged (section 2.2, Characters).
    package static func canExpress(_ text: String) -> Bool {
        !text.unicodeScalars.contains {
            ($0.value < 0x20 && $0 != "\t" && $0 != "\n" && $0 != "\r") || $0.value == 0xFFFE || $0.value == 0xFFFF
        }
    }

    private mutating func open(_ name: String, _ attributes: KeyValuePairs<String, String>) {
        bytes.append(UInt8(ascii: "<"))
        raw(name)
        for (key, value) in attributes {
            bytes.append(UInt8(ascii: " "))
            raw(key)
            raw("=\"")
            append(escaping: value, inAttribute: true)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: ">"))
    }

    private mutating func close(_ name: String) {
        raw("</")
        raw(name)
        bytes.append(UInt8(ascii: ">"))
    }

    private mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func append(escaping text: String, inAttribute: Bool) {
        var text = text
        text.withUTF8 { append(escaping: $0, inAttribute: inAttribute) }
    }

    /// Copies runs that need no escape in one piece.
    private mutating func append(escaping text: UnsafeBufferPointer<UInt8>, inAttribute: Bool) {
        var start = 0
        var index = 0
        while index < text.count {
            guard let (replacement, length) = Self.replacement(text, at: index, inAttribute: inAttribute) else {
                index += 1
                continue
            }
            bytes.append(contentsOf: text[start..<index])
            replacement.withUTF8Buffer { bytes.append(contentsOf: $0) }
            index += length
            start = index
        }
        bytes.append(contentsOf: text[start...])
    }

    /// What stands for the character that begins at `index`, and how many bytes it has; nil for one written as it is.
    private static func replacement(
        _ text: UnsafeBufferPointer<UInt8>, at index: Int, inAttribute: Bool
    ) -> (StaticString, Int)? {
        switch text[index] {
        case UInt8(ascii: "&"): ("&amp;", 1)
        case UInt8(ascii: "<"): ("&lt;", 1)
        case UInt8(ascii: ">"): ("&gt;", 1)
        case UInt8(ascii: "\""): ("&quot;", 1)
        case UInt8(ascii: "\r"): ("&#13;", 1)
        case UInt8(ascii: "\n"): inAttribute ? ("&#10;", 1) : nil
        case UInt8(ascii: "\t"): inAttribute ? ("&#9;", 1) : nil
        case 0..<0x20: ("\u{FFFD}", 1)
        case 0xEF where index + 2 < text.count && text[index + 1] == 0xBF && text[index + 2] >= 0xBE: ("\u{FFFD}", 3)
        default: nil
        }
    }
}
