/// One element of a parsed document, with everything inside it.
///
///     let list = try XMLElement(parsing: bytes)
///     for object in list.all("Contents") { keys.append(object["Key"] ?? "") }
///
/// Names carry no namespace prefix: the protocols spoken here differ in prefixes and never in meaning.
package struct XMLElement: Hashable, Sendable {
    /// Local name: `Key`, also for `<s3:Key>`.
    package var name: String
    /// Attributes by the name as written, prefix included (`xsi:type`).
    package var attributes: [String: String]
    /// Elements directly inside, in order.
    package var children: [XMLElement]
    /// All character data directly inside, joined; white space is kept as it is.
    package var text: String

    package init(
        _ name: String, attributes: [String: String] = [:], children: [XMLElement] = [], text: String = ""
    ) {
        self.name = name
        self.attributes = attributes
        self.children = children
        self.text = text
    }

    /// Parses a whole document and is its root element.
    ///
    /// Document type declarations, and with them every entity but the five of XML itself, are refused.
    /// - Throws: ``XMLError`` with the line and column.
    package init(parsing document: some Sequence<UInt8>, limits: XMLLimits = XMLLimits()) throws(XMLError) {
        self = try XMLParser(limits: limits).parse(Array(document))
    }

    /// The first child called `name`.
    package func first(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    /// Every child called `name`, in order.
    package func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The text of the first child called `name`; nil where there is none, empty where it is empty.
    package subscript(_ name: String) -> String? { first(name)?.text }
}
