/// Builds a `multipart/form-data` body (RFC 7578).
///
///     var form = MultipartForm()
///     form.add("prompt", "a lighthouse")
///     form.add("image", file: bytes, name: "input.png", contentType: "image/png")
///     request.headers["content-type"] = form.contentType
///     request.body = .bytes(form.encoded)
package struct MultipartForm: Sendable {
    /// Separates the parts; random, so that no part contains it.
    package let boundary: String
    private var bytes: [UInt8] = []

    package init() {
        let digits = (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }.joined()
        self.init(boundary: "form-" + digits)
    }

    init(boundary: String) { self.boundary = boundary }

    /// The value of the request's `Content-Type`.
    package var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    /// The whole body.
    package var encoded: [UInt8] { bytes + Array("--\(boundary)--\r\n".utf8) }

    /// Adds a plain field.
    package mutating func add(_ field: String, _ value: String) {
        add(Array(value.utf8), disposition: "name=\"\(Self.escaped(field))\"", contentType: nil)
    }

    /// Adds a file.
    package mutating func add(_ field: String, file: [UInt8], name: String, contentType: String) {
        let disposition = "name=\"\(Self.escaped(field))\"; filename=\"\(Self.escaped(name))\""
        add(file, disposition: disposition, contentType: contentType)
    }

    private mutating func add(_ content: [UInt8], disposition: String, contentType: String?) {
        var head = "--\(boundary)\r\nContent-Disposition: form-data; \(disposition)\r\n"
        if let contentType { head += "Content-Type: \(contentType.filter { !$0.isNewline })\r\n" }
        bytes += Array((head + "\r\n").utf8) + content + Array("\r\n".utf8)
    }

    /// As browsers write names (WHATWG HTML, section 4.10.21.8).
    private static func escaped(_ name: String) -> String {
        var escaped = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\"": escaped += "%22"
            case "\r": escaped += "%0D"
            case "\n": escaped += "%0A"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
