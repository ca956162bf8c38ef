import CExpat

/// Builds the element tree of one document; the thin layer over expat's callbacks.
final class XMLParser {
    private let limits: XMLLimits
    private let parser: XML_Parser
    /// The open elements, outermost first, below a place for the root.
    private var open = [XMLElement("")]
    /// Character data of each open element; bytes, because expat may cut a text anywhere.
    private var texts: [[UInt8]] = [[]]
    private var elementCount = 0
    /// Why a callback stopped the parser.
    private var refusal: (kind: XMLError.Kind, reason: String)?

    init(limits: XMLLimits) {
        self.limits = limits
        guard let parser = XML_ParserCreate(nil) else { fatalError("expat: no memory for a parser") }
        self.parser = parser
        XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        XML_SetElementHandler(
            parser,
            { XMLParser.from($0).start($1!, $2!) },
            { data, _ in XMLParser.from(data).end() })
        XML_SetCharacterDataHandler(parser) { data, text, count in
            XMLParser.from(data).texts[XMLParser.from(data).texts.count - 1].append(
                contentsOf: UnsafeRawBufferPointer(start: text, count: Int(count)))
        }
        XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in
            XMLParser.from(data).stop(.documentType, "document type declarations are not accepted")
        }
    }

    deinit { XML_ParserFree(parser) }

    func parse(_ document: [UInt8]) throws(XMLError) -> XMLElement {
        guard document.count <= limits.bytes else {
            let reason = "document of \(document.count) bytes; at most \(limits.bytes) are accepted"
            throw XMLError(kind: .tooLarge, reason: reason, line: 1, column: 1)
        }
        let status = document.withUnsafeBytes {
            XML_Parse(parser, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count), 1)
        }
        guard status == XML_STATUS_OK else { throw error() }
        return open[0].children[0]
    }

    private func error() -> XMLError {
        let reason = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "not well-formed"
        return XMLError(
            kind: refusal?.kind ?? .malformed, reason: refusal?.reason ?? reason,
            line: Int(XML_GetCurrentLineNumber(parser)), column: Int(XML_GetCurrentColumnNumber(parser)) + 1)
    }

    private func start(
        _ name: UnsafePointer<CChar>, _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>
    ) {
        elementCount += 1
        if open.count > limits.depth {
            return stop(.tooLarge, "more than \(limits.depth) elements inside each other")
        }
        if elementCount > limits.elements { return stop(.tooLarge, "more than \(limits.elements) elements") }
        var element = XMLElement(Self.localName(String(cString: name)))
        var next = attributes
        while let key = next[0], let value = next[1] {
            element.attributes[String(cString: key)] = String(cString: value)
            next += 2
        }
        open.append(element)
        texts.append([])
    }

    private func end() {
        var element = open.removeLast()
        element.text = String(decoding: texts.removeLast(), as: UTF8.self)
        open[open.count - 1].children.append(element)
    }

    private func stop(_ kind: XMLError.Kind, _ reason: String) {
        if refusal == nil { refusal = (kind, reason) }
        XML_StopParser(parser, XML_Bool(XML_FALSE))
    }

    private static func localName(_ name: String) -> String {
        guard let colon = name.utf8.lastIndex(of: UInt8(ascii: ":")) else { return name }
        return String(name[name.utf8.index(after: colon)...])
    }

    private static func from(_ data: UnsafeMutableRawPointer?) -> XMLParser {
        Unmanaged<XMLParser>.fromOpaque(data!).takeUnretainedValue()
    }
}
