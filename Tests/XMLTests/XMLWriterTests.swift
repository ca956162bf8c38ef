import Testing
import XML

@Suite struct XMLWriterTests {
    @Test func `writes elements, attributes, numbers and flags`() {
        var xml = XMLWriter()
        xml.element("List", ["xmlns": "urn:a&b"]) { xml in
            xml.element("Name", "a")
            xml.element("Count", 3)
            xml.element("IsTruncated", false)
            xml.element("Marker", "")
            xml.element("Empty") { _ in }
            xml.element("Type", ["kind": "x"], "y")
            xml.element("Leaf", ["a": "1", "b": "2"])
        }
        let expected = """
            <?xml version="1.0" encoding="UTF-8"?><List xmlns="urn:a&amp;b"><Name>a</Name><Count>3</Count>\
            <IsTruncated>false</IsTruncated><Marker></Marker><Empty/><Type kind="x">y</Type><Leaf a="1" b="2"/></List>
            """
        #expect(String(decoding: xml.bytes, as: UTF8.self) == expected)
    }

    @Test(arguments: [
        "", "plain", "a<b>&\"c'", "tab\tline\nreturn\r\nend", "é 😀 \u{FFFD} \u{7F}\u{85}\u{2028}", "]]>", " edges ",
        "&amp;",
    ])
    func `is read back unchanged`(text: String) throws {
        var xml = XMLWriter()
        xml.element("a", ["b": text], text)
        let element = try XMLElement(parsing: xml.bytes)
        #expect(element.text == text)
        #expect(element.attributes["b"] == text)
        #expect(XMLWriter.canExpress(text))
    }

    @Test(arguments: ["\0", "\u{1}", "\u{1F}", "\u{FFFE}", "\u{FFFF}"])
    func `replaces what XML cannot express`(text: String) throws {
        var xml = XMLWriter(declaration: false)
        xml.element("a", "<\(text)>")
        #expect(try XMLElement(parsing: xml.bytes).text == "<\u{FFFD}>")
        #expect(!XMLWriter.canExpress(text))
    }
}
